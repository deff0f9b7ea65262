/**
 * The providers' prompt caches, for all targets of a run.
 *
 * A request with prefix blocks reads the longest leading run of its blocks that its target holds; a block is
 * taken as an equal share of the prompt, since blocks differ in size from trace to trace. A request with a
 * session only reads what the session's last attempt sent and got, provided the same target served it: another
 * target in between, and it is lost.
 *
 * Blocks become warm with the first token of the attempt that brings them, a session with the end of its answer.
 * An attempt that the client leaves early warms the cache all the same: the provider has read the prompt.
 */
import type { TwinDefinition } from '../scenario.ts';
import { claimWarm, createWarmTable, findWarm, WARM, WARM_FIELDS } from './warm-table.ts';

export type PromptCacheDefinition = NonNullable<TwinDefinition['promptCache']>;

export interface PromptOfAttempt {
  readonly inputTokens: number;
  /** 0 = none. */
  readonly sessionKey: number;
  readonly prefixBlocks: readonly number[] | null;
}

export interface ServedAnswer {
  /** What {@link PromptCache.read} found for it. */
  readonly cacheReadTokens: number;
  /** Of the answer as far as it came. */
  readonly outputTokens: number;
  /** From sending to the first token at the provider, ms. */
  readonly producesFromMs: number;
  /** From sending to the end, ms. */
  readonly durationMs: number;
}

/** Most sessions and blocks remembered over all targets of a run. */
export const SESSIONS_MAX = 2 ** 18;
export const BLOCKS_MAX = 2 ** 20;

const NO_OWNER = 0;

export interface PromptCache {
  /** Input tokens that the target has warm, a multiple of its block (or the whole input); 0 below its minimum. */
  read(target: number, definition: PromptCacheDefinition, prompt: PromptOfAttempt, nowMs: number): number;
  /**
   * Takes note of a served attempt.
   *
   * @param definition `null`: the target has no cache; it takes the session away from its last server all the same
   * @param answer what became of the attempt, as planned
   */
  write(
    target: number,
    definition: PromptCacheDefinition | null,
    prompt: PromptOfAttempt,
    answer: ServedAnswer,
    nowMs: number,
  ): void;
  /** Places allocated for sessions and for blocks; the bound on what is held. */
  capacity(): { readonly sessions: number; readonly blocks: number };
}

/** Input tokens newly put into the cache; none when nothing tells a later prompt that it is the same. */
export function cacheWriteTokens(
  { minTokens, blockTokens }: PromptCacheDefinition,
  { inputTokens, sessionKey, prefixBlocks }: PromptOfAttempt,
  readTokens: number,
): number {
  if (inputTokens < minTokens || (sessionKey === 0 && prefixBlocks === null)) return 0;
  return Math.max(0, Math.floor(inputTokens / blockTokens) * blockTokens - readTokens);
}

/** An empty cache for every target. */
export function createPromptCache(): PromptCache {
  const sessions = createWarmTable(SESSIONS_MAX);
  const blocks = createWarmTable(BLOCKS_MAX);

  function warmRun(target: number, prefixBlocks: readonly number[], nowMs: number): number {
    let run = 0;
    while (run < prefixBlocks.length) {
      const place = findWarm(blocks, prefixBlocks[run]!, target, nowMs);
      if (place < 0 || blocks.fields[place * WARM_FIELDS + WARM.fromMs]! > nowMs) break;
      run += 1;
    }
    return run;
  }

  function warmOfSession(target: number, sessionKey: number, nowMs: number): number {
    const place = findWarm(sessions, sessionKey, NO_OWNER, nowMs);
    const { fields } = sessions;
    const offset = place * WARM_FIELDS;
    if (place < 0 || fields[offset + WARM.holder] !== target) return 0;
    return fields[offset + (nowMs < fields[offset + WARM.fromMs]! ? WARM.tokensBefore : WARM.tokensAfter)]!;
  }

  function warmBlocks(target: number, prefixBlocks: readonly number[], nowMs: number, fromMs: number, untilMs: number) {
    for (let index = 0; index < prefixBlocks.length; index++) {
      const place = claimWarm(blocks, prefixBlocks[index]!, target, nowMs);
      // A place just taken over still holds the expiry of its last entry: only `Infinity` marks it as new.
      const offset = place * WARM_FIELDS;
      const warmFromMs = blocks.fields[offset + WARM.fromMs]!;
      const isNew = warmFromMs === Infinity;
      if (fromMs < warmFromMs) blocks.fields[offset + WARM.fromMs] = fromMs;
      if (isNew || untilMs > blocks.untilMs[place]!) blocks.untilMs[place] = untilMs;
    }
  }

  return {
    read(target, definition, { inputTokens, sessionKey, prefixBlocks }, nowMs) {
      const { minTokens, blockTokens } = definition;
      let warm = 0;
      if (prefixBlocks !== null) {
        const run = warmRun(target, prefixBlocks, nowMs);
        if (run === 0) return 0;
        // The last block of a prompt is seldom full, so the share falls a little short of whole blocks.
        warm = Math.round((inputTokens * run) / prefixBlocks.length / blockTokens) * blockTokens;
      } else if (sessionKey !== 0) {
        warm = Math.floor(warmOfSession(target, sessionKey, nowMs) / blockTokens) * blockTokens;
      }
      warm = Math.min(warm, inputTokens);
      return warm >= minTokens ? warm : 0;
    },

    write(target, definition, prompt, answer, nowMs) {
      const { sessionKey, prefixBlocks } = prompt;
      if (definition === null) {
        const lost = prefixBlocks === null && sessionKey !== 0 ? findWarm(sessions, sessionKey, NO_OWNER, nowMs) : -1;
        if (lost >= 0) sessions.untilMs[lost] = nowMs;
      } else if (prefixBlocks !== null) {
        const firstTokenAtMs = nowMs + answer.producesFromMs;
        warmBlocks(target, prefixBlocks, nowMs, firstTokenAtMs, firstTokenAtMs + definition.ttlMs);
      } else if (sessionKey !== 0) {
        const place = claimWarm(sessions, sessionKey, NO_OWNER, nowMs);
        const { fields, untilMs } = sessions;
        const offset = place * WARM_FIELDS;
        const endAtMs = nowMs + answer.durationMs;
        fields[offset + WARM.holder] = target;
        fields[offset + WARM.fromMs] = endAtMs;
        fields[offset + WARM.tokensBefore] = answer.cacheReadTokens;
        fields[offset + WARM.tokensAfter] = prompt.inputTokens + answer.outputTokens;
        untilMs[place] = endAtMs + definition.ttlMs;
      }
    },

    capacity() {
      return { sessions: sessions.capacity, blocks: blocks.capacity };
    },
  };
}
