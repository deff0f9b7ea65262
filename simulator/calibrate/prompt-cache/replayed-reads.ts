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

/** Prompts of a twin that are sent again; a lifetime is known from far fewer. */
const PROMPTS_MAX = 10_000;

/**
 * The attempts that say something of a twin's prompt cache: the latest that it served, and those elsewhere that took a
 * session away from it. A prompt with prefix blocks takes nothing away.
 *
 * @param rows in the order of sending, of all targets
 * @param fate of a row
 */
export function promptsOf(table: AttemptTable, rows: RowSubset, fate: (row: number) => Fate, twin: number): RowSubset {
  const isOwn = table.targets.map((target) => target.twin === twin);
  const isServed = (row: number): boolean => table.inputTokens[row]! > 0 && fate(row) >= FATE.cut;
  const kept: number[] = [];
  let own = 0;
  for (let place = rows.length - 1; place >= 0 && own < PROMPTS_MAX; place--) {
    const row = rows[place]!;
    if (isOwn[table.target[row]!]!) {
      if (!isServed(row)) continue;
      own += 1;
    } else if (table.session[row] === 0 || (table.prefixBlocks?.[row] ?? null) !== null || !isServed(row)) continue;
    kept.push(row);
  }
  return Uint32Array.from(kept.reverse());
}

/**
 * Sends the logged prompts through a prompt cache of the simulator, with the sessions and prefixes that the log knows of
 * and the times at which answers came, so that what is fitted is what a replay of such traffic will meet.
 *
 * @param prompts of {@link promptsOf}
 */
export function replayedReads(
  table: AttemptTable,
  prompts: RowSubset,
  twin: number,
  definition: PromptCacheDefinition,
): ReplayedReads {
  const cache = createPromptCache();
  const prompt = { inputTokens: 0, sessionKey: 0, prefixBlocks: null as readonly number[] | null };
  const answer = { cacheReadTokens: 0, outputTokens: 0, producesFromMs: 0, durationMs: 0 };
  const isOwn = table.targets.map((target) => target.twin === twin);
  let observed = 0;
  let simulated = 0;
  let apart = 0;
  for (let place = 0; place < prompts.length; place++) {
    const row = prompts[place]!;
    const target = table.target[row]!;
    const nowMs = table.sentAtMs[row]!;
    prompt.inputTokens = table.inputTokens[row]!;
    prompt.sessionKey = table.session[row]!;
    prompt.prefixBlocks = table.prefixBlocks === null ? null : table.prefixBlocks[row]!;
    answer.cacheReadTokens = isOwn[target]! ? cache.read(target, definition, prompt, nowMs) : 0;
    if (isOwn[target]!) {
      const read = table.cacheReadTokens[row]!;
      observed += read;
      simulated += answer.cacheReadTokens;
      apart += Math.abs(answer.cacheReadTokens - read);
    }
    const firstTokenMs = table.firstTokenMs[row]!;
    answer.outputTokens = table.outputTokens[row]!;
    answer.durationMs = table.durationMs[row]!;
    answer.producesFromMs = Number.isNaN(firstTokenMs) ? answer.durationMs : firstTokenMs;
    cache.write(target, isOwn[target]! ? definition : null, prompt, answer, nowMs);
  }
  return { observed, simulated, apart };
}
