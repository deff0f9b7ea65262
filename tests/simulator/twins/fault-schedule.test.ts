import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../simulator/scenario.ts';
import { createFaultSchedule } from '../../../simulator/twins/fault-schedule.ts';

const TARGET = 'aurora.main.large';
const effectsOf = (faults: readonly Fault[]) => createFaultSchedule(faults, TARGET, 'aurora');

describe('fault schedule', () => {
  it('is on from its start until just before its end', () => {
    const schedule = effectsOf([{ kind: 'down', scope: 'aurora', startMs: 100, endMs: 200 }]);
    expect([0, 99.9, 100, 199.9, 200, 1e9].map((atMs) => schedule(atMs).down)).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('strikes by provider or by target and leaves others alone', () => {
    const at = (scope: string) => effectsOf([{ kind: 'down', scope, startMs: 0, endMs: 1 }])(0).down;
    expect(at('aurora')).toBe(true);
    expect(at(TARGET)).toBe(true);
    expect(at('aurora.other.large')).toBe(false);
    expect(at('auror')).toBe(false);
  });

  it('puts overlapping faults together', () => {
    const when = { scope: 'aurora', startMs: 0, endMs: 10 };
    const effect = effectsOf([
      { kind: 'failures', probability: 0.5, ...when },
      { kind: 'failures', probability: 0.2, ...when },
      { kind: 'rate-limit-storm', probability: 0.5, retryAfterMs: null, ...when },
      { kind: 'rate-limit-storm', probability: 1, retryAfterMs: 5_000, ...when },
      { kind: 'rate-limit-storm', probability: 0, retryAfterMs: 900, ...when },
      { kind: 'latency', factor: 2, ...when },
      { kind: 'latency', factor: 3, ...when },
      { kind: 'price', factor: 0.5, ...when },
    ])(5);
    expect(effect).toEqual({
      down: false,
      failureProbability: expect.closeTo(0.6, 12),
      stormProbability: 1,
      stormRetryAfterMs: 5_000,
      latencyFactor: 6,
      priceFactor: 0.5,
    });
  });

  it('agrees at every time with going through the list', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 20 }), fc.constantFrom(2, 3, 5));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 8 }), (spans) => {
        const faults = spans.map(([startMs, length, factor]): Fault => ({
          kind: 'latency',
          scope: 'aurora',
          startMs,
          endMs: startMs + length,
          factor,
        }));
        const schedule = effectsOf(faults);
        for (let atMs = -1; atMs < 75; atMs += 0.5) {
          const expected = spans
            .filter(([startMs, length]) => startMs <= atMs && atMs < startMs + length)
            .reduce((product, [, , factor]) => product * factor, 1);
          expect(schedule(atMs).latencyFactor).toBe(expected);
        }
      }),
    );
  });
});
