import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeptDecision } from '../../../src/proxy/watch/kept-decision.ts';
import { RequestStory } from '../../../src/proxy/watch/request-story.ts';
import { TrafficTimeline, type TimelineSpan } from '../../../src/proxy/watch/traffic-timeline.ts';
import type { AttemptOutcome } from '../../../src/router/index.ts';
import { outcomeOf, policyWith, requestOf } from '../../router/small-pool.ts';

const START_MS = Date.UTC(2026, 0, 15, 10, 58, 47) + 123.5;
const POLICY = { name: 'trial', policy: policyWith(), hash: 'a1b2' };
const KINDS = ['success', 'failure', 'timeout', 'limited', 'cancelled'] as const;
const HOUR_MS = 3_600_000;

interface Happened {
  readonly atMs: number;
  readonly isRequest: boolean;
  readonly isRejected: boolean;
  readonly isFailure: boolean;
  readonly costMicroUsd: number;
  readonly firstTokenMs: number | null;
}

const event = fc.record({
  passMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
    { weight: 3, arbitrary: fc.double({ min: 0, max: 60_000, noNaN: true }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 * HOUR_MS }) },
  ),
  kind: fc.constantFrom(...KINDS),
  isRequest: fc.boolean(),
  isRejected: fc.boolean(),
  costMicroUsd: fc.integer({ min: 0, max: 5_000_000 }),
  firstTokenMs: fc.option(fc.double({ min: 0, max: 600_000, noNaN: true })),
});

function timelineAt(): { readonly timeline: TrafficTimeline; readonly view: { nowMs(): number; at: number } } {
  const view = { at: START_MS, startedAtMs: START_MS, nowMs: () => view.at };
  return { timeline: new TrafficTimeline(view), view };
}

/** A request that was answered by its last attempt, `firstTokenMs` after it came. */
function storyOf(atMs: number, firstTokenMs: number | null, isRejected: boolean): RequestStory {
  const story = new RequestStory(requestOf('r'), atMs - 900_000, POLICY);
  const sentAtMs = story.arrivedAtMs + (firstTokenMs ?? 0) / 2;
  const outcome = outcomeOf('r', 1, { firstTokenMs: firstTokenMs === null ? null : firstTokenMs / 2 });
  story.attempts = [attemptOf(sentAtMs, outcome)];
  story.ending = isRejected ? 'rejected' : 'completed';
  story.endedAtMs = atMs;
  return story;
}

function attemptOf(sentAtMs: number, outcome: AttemptOutcome | null) {
  return { attempt: 1, target: 't', decision: {} as KeptDecision, sentAtMs, outcome };
}

/** What a plain count over everything that happened says of a cell. */
function plainCount(happened: readonly Happened[], fromMs: number, toMs: number) {
  const within = happened.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const requests = within.filter(({ isRequest }) => isRequest);
  const count = (list: readonly Happened[], holds: (each: Happened) => boolean): number => list.filter(holds).length;
  const firstTokens = requests.flatMap(({ firstTokenMs }) => (firstTokenMs === null ? [] : [firstTokenMs]));
  firstTokens.sort((a, b) => a - b);
  const quantile = (share: number): number | null =>
    firstTokens.length === 0 ? null : firstTokens[Math.max(1, Math.ceil(share * firstTokens.length)) - 1]!;
  return {
    requests: requests.length,
    rejected: count(requests, ({ isRejected }) => isRejected),
    failures: count(within, ({ isFailure }) => isFailure),
    costUsd: within.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0) / 1e6,
    p50: quantile(0.5),
    p95: quantile(0.95),
  };
}

/** Within the width of a bucket; what is under a millisecond counts as one. */
function expectNear(found: number | null, expected: number | null): void {
  if (found === null || expected === null) expect(found).toBe(expected);
  else expect(Math.abs(Math.log(found / Math.max(1, expected)))).toBeLessThan(Math.log(1.1) / 2 + 1e-9);
}

function expectSpan(span: TimelineSpan, happened: readonly Happened[], cellMs: number, size: number, nowMs: number) {
  const newest = Math.floor(nowMs / cellMs);
  const oldest = Math.max(Math.floor(START_MS / cellMs), newest - size + 1);
  expect(span.cellMs).toBe(cellMs);
  expect(span.startMs).toEqual(Array.from({ length: newest - oldest + 1 }, (_, index) => (oldest + index) * cellMs));
  for (const [index, fromMs] of span.startMs.entries()) {
    const plain = plainCount(happened, fromMs, fromMs + cellMs);
    const { requests, rejected, failures, costUsd } = plain;
    expect([span.requests[index], span.rejected[index], span.failures[index]]).toEqual([requests, rejected, failures]);
    expect(span.costUsd[index]).toBeCloseTo(costUsd, 9);
    expectNear(span.firstTokenP50Ms[index]!, plain.p50);
    expectNear(span.firstTokenP95Ms[index]!, plain.p95);
  }
}

describe('the timeline', () => {
  it('is what a plain count of everything gives, cell by cell', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), fc.integer({ min: 0, max: 2 * HOUR_MS }), (events, waitMs) => {
        const { timeline, view } = timelineAt();
        const happened: Happened[] = [];
        for (const { passMs, kind, isRequest, isRejected, costMicroUsd, firstTokenMs } of events) {
          view.at += passMs;
          const isFailure = !isRequest && (kind === 'failure' || kind === 'timeout');
          happened.push({
            atMs: view.at,
            isRequest,
            isRejected,
            isFailure,
            costMicroUsd: isRequest ? 0 : costMicroUsd,
            firstTokenMs,
          });
          if (isRequest) timeline.finished(storyOf(view.at, firstTokenMs, isRejected));
          else timeline.attemptEnded(requestOf('r'), outcomeOf('r', 1, { kind, costMicroUsd }), 'a.b.c', view.at);
        }
        view.at += waitMs;
        const { atMs, hour, day } = timeline.page();
        expect(atMs).toBe(view.at);
        expectSpan(hour, happened, 30_000, 120, view.at);
        expectSpan(day, happened, 300_000, 288, view.at);

        const rates = timeline.rates();
        const sinceMs = Math.max(START_MS, (Math.floor(view.at / 10_000) - 3) * 10_000);
        const plain = plainCount(happened, sinceMs, Infinity);
        const windowS = Math.max(1, (view.at - sinceMs) / 1_000);
        expect(rates.windowS).toBeCloseTo(windowS, 9);
        expect(rates.requestsPerS * windowS).toBeCloseTo(plain.requests, 6);
        expect(rates.failuresPerS * windowS).toBeCloseTo(plain.failures, 6);
        expect((rates.costUsdPerH / 3_600) * windowS).toBeCloseTo(plain.costUsd, 6);
        expectNear(rates.firstTokenP50Ms, plain.p50);
        expectNear(rates.firstTokenP95Ms, plain.p95);
      }),
      { numRuns: 60 },
    );
  });

  it('takes the first token that the client got, from its call on', () => {
    const firstToken = (attempts: RequestStory['attempts']): number | null => {
      const { timeline, view } = timelineAt();
      const story = new RequestStory(requestOf('r'), START_MS, POLICY);
      story.attempts = attempts;
      story.ending = 'completed';
      story.endedAtMs = view.at;
      timeline.finished(story);
      return timeline.rates().firstTokenP50Ms;
    };
    const failed = { kind: 'failure', firstTokenMs: 50 } as const;
    expectNear(firstToken([attemptOf(START_MS + 2_000, outcomeOf('r', 1))]), 2_400);
    expectNear(
      firstToken([
        attemptOf(START_MS, outcomeOf('r', 1, failed)),
        attemptOf(START_MS + 1_000, outcomeOf('r', 2, { firstTokenMs: 300 })),
      ]),
      1_300,
    );
    // One that broke off had reached the client; one that was repeated had not.
    expectNear(firstToken([attemptOf(START_MS, outcomeOf('r', 1, { ...failed, reachedClient: true }))]), 50);
    expect(firstToken([attemptOf(START_MS, outcomeOf('r', 1, failed))])).toBeNull();
    expect(firstToken([attemptOf(START_MS, null)])).toBeNull();
    expect(firstToken([])).toBeNull();
  });

  it('takes no more memory after a week than at first', () => {
    const { timeline, view } = timelineAt();
    const bytes = (): number => {
      const seen = JSON.parse(
        JSON.stringify(timeline, (_, value: unknown) => (ArrayBuffer.isView(value) ? [value.byteLength] : value)),
      ) as Record<'hour' | 'day', Record<'sums' | 'firstTokens', [number]>>;
      return [seen.hour, seen.day].reduce((sum, { sums, firstTokens }) => sum + sums[0] + firstTokens[0], 0);
    };
    const atFirst = bytes();
    for (let minute = 0; minute < 7 * 24 * 60; minute++) {
      view.at += 60_000;
      timeline.finished(storyOf(view.at, minute % 2_000, false));
      timeline.attemptEnded(requestOf('r'), outcomeOf('r', 1), 'a.b.c', view.at);
    }
    expect(bytes()).toBe(atFirst);
    expect(atFirst).toBeLessThan(500_000);
    const { hour, day } = timeline.page();
    for (const list of Object.values(hour).filter((value) => Array.isArray(value))) expect(list).toHaveLength(120);
    for (const list of Object.values(day).filter((value) => Array.isArray(value))) expect(list).toHaveLength(288);
    const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
    expect(total(hour.requests)).toBe(60);
    expect(total(day.requests)).toBeGreaterThanOrEqual(24 * 60 - 5);
  });
});
