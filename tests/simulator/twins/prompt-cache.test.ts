import { describe, expect, it } from 'vitest';
import {
  BLOCKS_MAX,
  cacheWriteTokens,
  createPromptCache,
  SESSIONS_MAX,
  type PromptOfAttempt,
} from '../../../simulator/twins/prompt-cache.ts';

const CACHE = { ttlMs: 300_000, minTokens: 1_024, blockTokens: 128 };
const ANSWER = { cacheReadTokens: 0, outputTokens: 200, producesFromMs: 500, durationMs: 2_000 };

const inSession = (sessionKey: number, inputTokens: number): PromptOfAttempt => ({
  sessionKey,
  inputTokens,
  prefixBlocks: null,
});
const withBlocks = (prefixBlocks: readonly number[], inputTokens: number): PromptOfAttempt => ({
  sessionKey: 0,
  inputTokens,
  prefixBlocks,
});

describe('prompt cache by session', () => {
  it('holds the last prompt and answer from their end on, in whole blocks, until the time to live is over', () => {
    const cache = createPromptCache();
    cache.write(0, CACHE, inSession(7, 2_000), ANSWER, 0);
    expect(cache.read(0, CACHE, inSession(7, 3_000), 1_999)).toBe(0);
    expect(cache.read(0, CACHE, inSession(7, 3_000), 2_000)).toBe(17 * 128);
    expect(cache.read(0, CACHE, inSession(7, 3_000), 301_999)).toBe(17 * 128);
    expect(cache.read(0, CACHE, inSession(7, 3_000), 302_000)).toBe(0);
    expect(cache.read(0, CACHE, inSession(8, 3_000), 2_000)).toBe(0);
  });

  it('reads no more than there is input, and nothing below the minimum', () => {
    const cache = createPromptCache();
    cache.write(0, CACHE, inSession(7, 2_000), ANSWER, 0);
    expect(cache.read(0, CACHE, inSession(7, 1_500), 5_000)).toBe(1_500);
    expect(cache.read(0, CACHE, inSession(7, 1_000), 5_000)).toBe(0);
    cache.write(0, CACHE, inSession(9, 600), ANSWER, 6_000);
    expect(cache.read(0, CACHE, inSession(9, 3_000), 9_000)).toBe(0);
  });

  it('keeps what was warm while the next turn is being answered', () => {
    const cache = createPromptCache();
    cache.write(0, CACHE, inSession(7, 2_000), ANSWER, 0);
    const read = cache.read(0, CACHE, inSession(7, 3_000), 10_000);
    cache.write(0, CACHE, inSession(7, 3_000), { ...ANSWER, cacheReadTokens: read }, 10_000);
    expect(cache.read(0, CACHE, inSession(7, 4_000), 11_000)).toBe(read);
    expect(cache.read(0, CACHE, inSession(7, 4_000), 12_000)).toBe(25 * 128);
  });

  it('hits on every turn but the first of a sticky session, and on none of one that switches', () => {
    const turns = 10;
    const hits = (targetOf: (turn: number) => number): number => {
      const cache = createPromptCache();
      let count = 0;
      for (let turn = 0; turn < turns; turn++) {
        const prompt = inSession(3, 2_000 + 1_000 * turn);
        const read = cache.read(targetOf(turn), CACHE, prompt, turn * 20_000);
        if (read > 0) count++;
        cache.write(targetOf(turn), CACHE, prompt, { ...ANSWER, cacheReadTokens: read }, turn * 20_000);
      }
      return count;
    };
    expect(hits(() => 1)).toBe(turns - 1);
    expect(hits((turn) => turn % 2)).toBe(0);
    expect(hits((turn) => Math.floor(turn / 5))).toBe(turns - 2);
  });

  it('is lost when a target without a cache serves in between', () => {
    const cache = createPromptCache();
    cache.write(0, CACHE, inSession(7, 2_000), ANSWER, 0);
    cache.write(1, null, inSession(7, 2_500), ANSWER, 5_000);
    expect(cache.read(0, CACHE, inSession(7, 3_000), 10_000)).toBe(0);
  });
});

describe('prompt cache by prefix blocks', () => {
  it('reads the longest leading run that the same target holds, as its share of the prompt', () => {
    const cache = createPromptCache();
    cache.write(0, CACHE, withBlocks([11, 12, 13], 1_536), ANSWER, 0);
    expect(cache.read(0, CACHE, withBlocks([11, 12, 13, 14], 2_048), 500)).toBe(1_536);
    expect(cache.read(0, CACHE, withBlocks([11, 12, 99, 13], 2_048), 500)).toBe(1_024);
    expect(cache.read(0, CACHE, withBlocks([99, 12, 13], 1_536), 500)).toBe(0);
    expect(cache.read(1, CACHE, withBlocks([11, 12, 13], 1_536), 500)).toBe(0);
    expect(cache.read(0, CACHE, withBlocks([], 1_536), 500)).toBe(0);
  });

  it('becomes warm with the first token and lives on with each use', () => {
    const cache = createPromptCache();
    const prompt = withBlocks([1, 2, 3, 4], 2_048);
    cache.write(0, CACHE, prompt, ANSWER, 0);
    expect(cache.read(0, CACHE, prompt, 499)).toBe(0);
    expect(cache.read(0, CACHE, prompt, 500)).toBe(2_048);
    cache.write(0, CACHE, prompt, { ...ANSWER, producesFromMs: 9_000 }, 200_000);
    expect(cache.read(0, CACHE, prompt, 200_001)).toBe(2_048);
    expect(cache.read(0, CACHE, prompt, 508_999)).toBe(2_048);
    expect(cache.read(0, CACHE, prompt, 509_000)).toBe(0);
  });

  it('tells large hashes apart', () => {
    const cache = createPromptCache();
    const large = 2 ** 52 + 12_345;
    cache.write(0, CACHE, withBlocks([large], 2_048), ANSWER, 0);
    expect(cache.read(0, CACHE, withBlocks([large], 2_048), 1_000)).toBe(2_048);
    expect(cache.read(0, CACHE, withBlocks([large + 2 ** 33], 2_048), 1_000)).toBe(0);
    expect(cache.read(0, CACHE, withBlocks([large % 2 ** 32], 2_048), 1_000)).toBe(0);
  });
});

describe('what is written', () => {
  it('is the prompt in whole blocks less what was read, where a later prompt could find it', () => {
    expect(cacheWriteTokens(CACHE, inSession(1, 2_000), 0)).toBe(15 * 128);
    expect(cacheWriteTokens(CACHE, inSession(1, 2_000), 1_280)).toBe(5 * 128);
    expect(cacheWriteTokens(CACHE, inSession(1, 2_000), 2_000)).toBe(0);
    expect(cacheWriteTokens(CACHE, inSession(1, 1_023), 0)).toBe(0);
    expect(cacheWriteTokens(CACHE, inSession(0, 2_000), 0)).toBe(0);
  });
});

describe('bounds', () => {
  it('stays bounded over a million sessions and two million blocks that all stay warm', () => {
    const cache = createPromptCache();
    for (let index = 1; index <= 1_000_000; index++) {
      cache.write(0, CACHE, inSession(index, 2_000), ANSWER, index / 10);
      cache.write(0, CACHE, withBlocks([index, -index], 2_000), ANSWER, index / 10);
    }
    expect(cache.capacity()).toEqual({ sessions: SESSIONS_MAX, blocks: BLOCKS_MAX });
    // The newest are still there: who would expire first makes room.
    expect(cache.read(0, CACHE, inSession(1_000_000, 3_000), 103_000)).toBeGreaterThan(0);
  });

  it('stays small when sessions come and go', () => {
    const cache = createPromptCache();
    for (let index = 1; index <= 300_000; index++) {
      cache.write(0, CACHE, inSession(index, 2_000), ANSWER, index * 1_000);
    }
    // About 302 sessions are warm at any time.
    expect(cache.capacity().sessions).toBeLessThanOrEqual(4_096);
  });

  it('loses no session while it can grow', () => {
    const cache = createPromptCache();
    const sessions = 20_000;
    for (let index = 1; index <= sessions; index++) cache.write(0, CACHE, inSession(index, 2_000), ANSWER, 0);
    for (let index = 1; index <= sessions; index++) {
      expect(cache.read(0, CACHE, inSession(index, 3_000), 2_000)).toBe(17 * 128);
    }
  });
});
