import { createPromptCache, type PromptCacheDefinition } from '../../twins/prompt-cache.ts';
import { FATE, type Fate } from '../attempt-fate.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';

/** What a cache would have read of the logged prompts, beside what was read; tokens. */
export interface ReplayedReads {
  readonly observed: number;
  readonly simulated: number;
  /** Sum over the attempts of how far the two are apart. */
  readonly apart: number;
}

/**
 * Sends the logged prompts through a prompt cache of the simulator, with the sessions and prefixes that the log knows of
 * and the times at which answers came, so that what is fitted is what a replay of such traffic will meet.
 *
 * @param rows in the order of sending, of all targets: a session that is served elsewhere loses its cache
 * @param fate of a row
 */
export function replayedReads(
  table: AttemptTable,
  rows: RowSubset,
  fate: (row: number) => Fate,
  twin: number,
  definition: PromptCacheDefinition,
): ReplayedReads {
  const cache = createPromptCache();
  const prompt = { inputTokens: 0, sessionKey: 0, prefixBlocks: null as readonly number[] | null };
  const answer = { cacheReadTokens: 0, outputTokens: 0, producesFromMs: 0, durationMs: 0 };
  let observed = 0;
  let simulated = 0;
  let apart = 0;
  for (const row of rows) {
    if (fate(row) < FATE.cut || table.inputTokens[row] === 0) continue;
    const target = table.target[row]!;
    const isOwn = table.targets[target]!.twin === twin;
    const nowMs = table.sentAtMs[row]!;
    prompt.inputTokens = table.inputTokens[row]!;
    prompt.sessionKey = table.session[row]!;
    prompt.prefixBlocks = table.prefixBlocks?.[row] ?? null;
    answer.cacheReadTokens = isOwn ? cache.read(target, definition, prompt, nowMs) : 0;
    if (isOwn) {
      const read = table.cacheReadTokens[row]!;
      observed += read;
      simulated += answer.cacheReadTokens;
      apart += Math.abs(answer.cacheReadTokens - read);
    }
    const firstTokenMs = table.firstTokenMs[row]!;
    answer.outputTokens = table.outputTokens[row]!;
    answer.durationMs = table.durationMs[row]!;
    answer.producesFromMs = Number.isNaN(firstTokenMs) ? answer.durationMs : firstTokenMs;
    cache.write(target, isOwn ? definition : null, prompt, answer, nowMs);
  }
  return { observed, simulated, apart };
}
