import { FATE, fateReader } from '../attempt-fate.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import type { PromptCacheFit } from '../fitted-twin.ts';
import { rowsSentTo } from '../rows-sent-to.ts';
import { blockOfReads } from './block-of-reads.ts';
import { sessionGaps } from './session-gaps.ts';
import { lifetimeOfGaps } from './lifetime-of-gaps.ts';

/** Taken where nothing in the log tells how long a prompt stays warm: the shortest promise of large providers. */
const USUAL_TTL_MS = 300_000;

/**
 * The prompt cache of a twin: its block from what all reads are multiples of, its least prompt from the smallest read,
 * its lifetime from the gaps between the turns of sessions at one target. Null when nothing was ever read.
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

  const gaps = sessionGaps(table, rows, fate, twin, minTokens, block.tokens);
  const lifetime = lifetimeOfGaps(gaps);
  if (lifetime === null) {
    notes.push(
      `${name}: no two turns of a session tell how long its prompts stay warm; ${USUAL_TTL_MS / 60_000} min are taken`,
    );
  } else if (!lifetime.isBounded) {
    notes.push(
      `${name}: prompts stay warm for at least ${Math.round(lifetime.ttlMs / 1_000)} s, the longest pause in the log`,
    );
  }
  return {
    promptCache: {
      ttlMs:
        lifetime === null ? USUAL_TTL_MS : lifetime.isBounded ? lifetime.ttlMs : Math.max(USUAL_TTL_MS, lifetime.ttlMs),
      minTokens: Math.round(minTokens),
      blockTokens: block.tokens,
    },
    readRatio,
    notes,
  };
}
