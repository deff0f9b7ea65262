import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import { alignRecording } from '../../../simulator/counterfactual/alignment.ts';
import { isLikeLoad } from '../../../simulator/counterfactual/like-load.ts';
import { MinuteLoad } from '../../../simulator/counterfactual/minute-load.ts';
import { tokenBucket } from '../../../simulator/counterfactual/donor-groups.ts';
import type { RequestIdentity } from '../../../simulator/counterfactual/recording.ts';
import type { RecordedFacts } from '../../../simulator/counterfactual/recording.ts';
import { rowAt } from '../../../simulator/validate/small/pool-in-small.ts';
import { loggedAttempt, recordingOf } from './recorded-calls.ts';

const TARGETS = ['aurora.a.large', 'aurora.b.large', 'aurora.a.small', 'borealis.a.large.v2'];

/** Attempts in the order of sending, on a coarse grid so that many things happen at once. */
const attempts: fc.Arbitrary<RecordedFacts[]> = fc
  .array(
    fc.record({
      sentAtMs: fc.integer({ min: 0, max: 40 }).map((step) => step * 10_000),
      target: fc.constantFrom(...TARGETS),
      durationMs: fc.constantFrom(0, 10_000, 25_000),
      stream: fc.boolean(),
      askedInputTokens: fc.constantFrom(0, 900, 1_100, 4_000),
      kind: fc.constantFrom('success' as const, 'failure' as const, 'limited' as const),
    }),
    { maxLength: 60 },
  )
  .map((list) =>
    list
      .toSorted((a, b) => a.sentAtMs - b.sentAtMs)
      .map((changes, index) => loggedAttempt({ ...changes, requestId: `r${index}` })),
  );

const identity = (requestId: string, changes: Partial<RequestIdentity> = {}): RequestIdentity => ({
  requestId,
  inputTokens: 1_000,
  stream: true,
  ...changes,
});

describe('a recording', () => {
  it('gives back what was logged, by request and target', () => {
    const first = loggedAttempt({ arrivedAtMs: -20, costUsd: 0.001_234, status: 500, kind: 'failure' });
    const second = loggedAttempt({ attempt: 2, target: TARGETS[3]!, sentAtMs: 50, errorCode: 'odd', retryAfterMs: 7 });
    const other = loggedAttempt({ requestId: 'r2', attempt: 2, sentAtMs: 60, firstTokenMs: null, status: null });
    const recording = recordingOf([first, second, other]);
    expect(recording.targets).toEqual([TARGETS[0], TARGETS[3]]);
    const find = (requestId: string, target: number): number => recording.find(identity(requestId), target);
    expect([find('r1', 0), find('r1', 1), find('r2', 0)]).toEqual([0, 1, 2]);
    expect([find('r2', 1), find('r3', 0)]).toEqual([-1, -1]);
    expect(recording.outcome(0)).toMatchObject({ kind: 'failure', status: 500, costMicroUsd: 1_234, errorCode: null });
    expect(recording.outcome(1)).toMatchObject({ kind: 'success', errorCode: 'odd', retryAfterMs: 7 });
    expect(recording.outcome(2)).toMatchObject({ firstTokenMs: null, status: null, durationMs: 1_100 });
    // Only first attempts tell when the request came.
    expect(['r1', 'r2', 'r3'].map((id) => recording.arrivedAtMs(identity(id)))).toEqual([-20, null, null]);
    expect(['r1', 'r2', 'r3'].map((id) => recording.hasId(id))).toEqual([true, true, false]);
  });

  it('finds each of many requests', () => {
    const recording = recordingOf(
      Array.from({ length: 20_000 }, (_, row) => loggedAttempt({ requestId: `id-${row}` })),
    );
    for (let row = 0; row < 20_000; row++) expect(recording.find(identity(`id-${row}`), 0)).toBe(row);
    expect(recording.find(identity('id-20000'), 0)).toBe(-1);
  });

  it('takes no request for another one with its id', async () => {
    const recording = recordingOf([loggedAttempt(), loggedAttempt({ stream: false }), loggedAttempt({ sentAtMs: 1 })]);
    expect(recording.find(identity('r1', { inputTokens: 999 }), 0)).toBe(-1);
    expect(recording.find(identity('r1', { stream: false }), 0)).toBe(1);
    const rows = [rowAt(5, 0, { requestId: 'r1', inputTokens: 7 }), rowAt(90, 1, { requestId: 'r1' }), rowAt(99, 2)];
    expect(await alignRecording(memoryTrace(rows, 'test'), recording)).toEqual({
      sameIds: 2,
      sameRequests: 1,
      shiftMs: -90,
    });
  });

  it('refuses attempts out of order', () => {
    expect(() => recordingOf([loggedAttempt({ sentAtMs: 2 }), loggedAttempt({ sentAtMs: 1 })])).toThrow(/out of order/);
  });

  test('knows the load that each attempt met, as counting it for each says', () => {
    const keyOf = (target: string): string => target.split('.').slice(0, 2).join('.');
    const twinOf = (target: string): string => target.replace(/^(\w+)\.\w+\./, '$1 ');
    fc.assert(
      fc.property(attempts, (list) => {
        const { othersInFlight, sentWithinMinute } = recordingOf(list);
        list.forEach((attempt, row) => {
          const earlier = list.slice(0, row);
          const inFlight = earlier.filter(
            (each) =>
              twinOf(each.target) === twinOf(attempt.target) && each.sentAtMs + each.durationMs > attempt.sentAtMs,
          );
          const sent = earlier.filter(
            (each) => keyOf(each.target) === keyOf(attempt.target) && each.sentAtMs > attempt.sentAtMs - 60_000,
          );
          expect([othersInFlight[row], sentWithinMinute[row]]).toEqual([inFlight.length, sent.length]);
        });
      }),
    );
  });

  test('has as donors of a target just those of its kind, size and time that no rate limit refused', () => {
    const query = fc.record({
      target: fc.integer({ min: 0, max: 3 }),
      stream: fc.boolean(),
      tokens: fc.constantFrom(0, 1_000, 1_050, 5_000),
      atMs: fc.integer({ min: -50_000, max: 450_000 }),
      windowMs: fc.constantFrom(10_000, 60_000, 300_000),
    });
    fc.assert(
      fc.property(attempts, query, (list, { target, stream, tokens, atMs, windowMs }) => {
        const { donors, targets } = recordingOf(list);
        const range = donors.within(target, stream, tokenBucket(tokens), atMs, windowMs);
        const found = range === null ? [] : Array.from({ length: range.end - range.start }, (_, i) => range.start + i);
        const expected = list.flatMap((each, row) =>
          each.target === targets[target] &&
          each.stream === stream &&
          each.kind !== 'limited' &&
          tokenBucket(each.askedInputTokens) === tokenBucket(tokens) &&
          each.sentAtMs >= atMs - windowMs &&
          each.sentAtMs < atMs + windowMs
            ? [row]
            : [],
        );
        expect(found.map((place) => donors.row(place))).toEqual(expected);
      }),
    );
  });
});

test.each([
  [0, 0],
  [1, 1],
  [2, 1],
  [3, 2],
  [1_022, 9],
  [1_023, 10],
  [2_046, 10],
  [2_047, 11],
  [-5, 0],
])('%d uncached tokens are in bucket %d', (tokens, bucket) => {
  expect(tokenBucket(tokens)).toBe(bucket);
});

test.each([
  [0, 0, true],
  [0, 2, true],
  [0, 3, false],
  [2, 5, true],
  [8, 13, true],
  [8, 14, false],
  [100, 136, true],
  [100, 137, false],
])('loads of %d and %d are alike: %s', (a, b, isLike) => {
  expect([isLikeLoad(a, b), isLikeLoad(b, a)]).toEqual([isLike, isLike]);
});

test('a minute of sends is counted per key, however many have expired', () => {
  const load = new MinuteLoad(2);
  const sent: { key: number; atMs: number }[] = [];
  for (let index = 0; index < 30_000; index++) {
    const key = index % 3 === 0 ? 1 : 0;
    const atMs = index * 10 + (index % 7 === 0 ? 5 : 0);
    if (index % 500 === 0) {
      const others = sent.filter((each) => each.key === key && each.atMs > atMs - 60_000).length;
      expect(load.send(key, atMs)).toBe(others);
    } else load.send(key, atMs);
    sent.push({ key, atMs });
  }
});
