import { describe, expect, it } from 'vitest';
import { predictionChecks } from '../../../simulator/validate/live/prediction-checks.ts';
import { pooled, type ServedRequests } from '../../../simulator/validate/live/served-requests.ts';

function run(changes: Partial<ServedRequests> = {}, factor = 1): ServedRequests {
  const count = 4_000;
  return {
    requests: count,
    succeeded: count - 10,
    costUsd: 8,
    firstTokenMs: Float64Array.from({ length: count }, (_, index) => factor * (200 + ((index * 7_919) % count))),
    arrivedAtMs: Float64Array.from({ length: count }, (_, index) => index * 1_000),
    attemptsByProvider: new Map([
      ['alder', 3_000],
      ['birch', 1_000],
    ]),
    ...changes,
  };
}

function failed(predicted: ServedRequests, live: ServedRequests): string[] {
  return predictionChecks(predicted, live)
    .filter(({ pass }) => !pass)
    .map(({ name }) => name);
}

describe('a prediction', () => {
  it('that came true passes every check', () => {
    expect(failed(run(), run())).toEqual([]);
    expect(predictionChecks(run(), run()).map(({ group }) => group)).toEqual(Array<string>(8).fill('live'));
  });

  it('of several runs together is held against one by shares', () => {
    expect(failed(pooled([run(), run(), run()]), run())).toEqual([]);
  });

  it.each([
    [1.06, ['first token p50', 'first token KS']],
    [1.1, ['first token p50', 'first token p90', 'first token KS']],
    [1.3, ['first token p50', 'first token p90', 'first token p99', 'first token KS']],
  ])('of first tokens %f times too long fails where the limits say', (factor, expected) => {
    expect(failed(run({}, factor), run())).toEqual(expected);
  });

  it('that sends requests elsewhere, or thinks too well of success or of cost, fails there', () => {
    const shares = new Map([
      ['alder', 2_900],
      ['birch', 1_100],
    ]);
    expect(failed(run({ attemptsByProvider: shares }), run())).toEqual(['share of alder', 'share of birch']);
    expect(failed(run({ succeeded: 4_000 }), run({ succeeded: 3_980 }))).toEqual(['success']);
    expect(failed(run({ costUsd: 8.3 }), run())).toEqual(['cost']);
  });

  it('cannot pass by a live run that shows nothing', () => {
    const nothing = run({ firstTokenMs: new Float64Array(0), arrivedAtMs: new Float64Array(0) });
    expect(failed(run(), nothing)).toEqual(['first token p50', 'first token p90', 'first token p99', 'first token KS']);
  });
});
