import { FATE, fateReader } from '../attempt-fate.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import type { PromptCacheFit } from '../fitted-twin.ts';
import { rowsSentTo } from '../rows-sent-to.ts';
import { blockOfReads } from './block-of-reads.ts';
import { fitLifetime } from './fit-lifetime.ts';
import { promptsOf, replayedReads } from './replayed-reads.ts';

/** A cache that reads so much more or less than the log's is not the same cache. */
const READS_OFF_MAX = 0.1;

/**
 * The prompt cache of a twin: its block from what all reads are multiples of, its least prompt from the smallest read,
 * its lifetime from sending the logged prompts through such a cache. Null when nothing was ever read.
 *
 * @param rows attempts in the order of sending, of all targets: a session that went elsewhere in between is no evidence
 */
export function fitPromptCache(table: AttemptTable, rows: RowSubset, twin: number): PromptCacheFit {
  const { provider = '', model = '' } = table.twins[twin] ?? {};
  const name = `${provider} ${model}`;
  const fate = fateReader(table);
  const served = rowsSentTo(table, rows, (target) => target.twin === twin).filter((row) => fate(row) >= FATE.cut);
  const reads = Float64Array.from(
    served.filter((row) => table.cacheReadTokens[row]! > 0),
    (row) => table.cacheReadTokens[row]!,
  );
  const inputTokens = served.reduce((sum, row) => sum + table.inputTokens[row]!, 0);
  const readTokens = reads.reduce((sum, each) => sum + each, 0);
  const readRatio = inputTokens > 0 ? Math.min(1, readTokens / inputTokens) : 0;
  if (reads.length === 0) return { promptCache: null, readRatio, notes: [] };

  const notes: string[] = [];
  // A prompt that is warm in full is read in full, whatever the block.
  const inBlocks = served.filter((row) => {
    const read = table.cacheReadTokens[row]!;
    return read > 0 && read < table.inputTokens[row]!;
  });
  const block = blockOfReads(Float64Array.from(inBlocks, (row) => table.cacheReadTokens[row]!));
  if (block.isDoubtful)
    notes.push(`${name}: too few different cache reads to be sure of the block of its prompt cache`);
  const minTokens = reads.reduce((min, each) => Math.min(min, each), Infinity);

  const shape = { minTokens: Math.round(minTokens), blockTokens: block.tokens };
  const prompts = promptsOf(table, rows, fate, twin);
  const lifetime = fitLifetime((ttlMs) => replayedReads(table, prompts, twin, { ...shape, ttlMs }));
  const off = lifetime.reads.simulated / lifetime.reads.observed - 1;
  if (!lifetime.isBounded) {
    notes.push(
      `${name}: no pause in the log is long enough to tell how long its prompts stay warm; ${lifetime.ttlMs / 60_000} min are taken`,
    );
  }
  if (Math.abs(off) > READS_OFF_MAX) {
    notes.push(
      `${name}: with what the log knows of sessions and prefixes, its prompt cache would have read ${Math.abs(100 * off).toFixed(0)} % ${off < 0 ? 'less' : 'more'} than it did; cost and first tokens of long prompts are off by as much`,
    );
  }
  return { promptCache: { ttlMs: lifetime.ttlMs, ...shape }, readRatio, notes };
}
