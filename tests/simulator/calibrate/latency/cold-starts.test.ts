import { describe, expect, it } from 'vitest';
import { coldStartSpread, findColdStarts } from '../../../../simulator/calibrate/latency/cold-starts.ts';
import { normalFromUniform } from '../../../../simulator/statistics/normal-quantile.ts';
import { drawUniform } from '../../../../src/router/keyed-draw.ts';

const MEDIAN_MS = 500;

/** First tokens around the median, and how they are given to `findColdStarts`; `cut` rows are lower bounds. */
function found(firstTokensMs: readonly number[], cut: readonly number[] = []): number[] | null {
  const lnMs = Float64Array.from(firstTokensMs, Math.log);
  const isCut = Uint8Array.from(firstTokensMs, (_unused, row) => (cut.includes(row) ? 1 : 0));
  const cold = findColdStarts(
    lnMs,
    isCut,
    lnMs.map((ln) => ln - Math.log(MEDIAN_MS)),
  );
  return cold === null ? null : [...cold.keys()].filter((row) => cold[row] === 1);
}

/** Quantiles of a lognormal body: no luck in them. */
const BODY = Array.from(
  { length: 1_000 },
  (_unused, row) => MEDIAN_MS * Math.exp(0.3 * normalFromUniform((row + 0.5) / 1_000)),
);

describe('cold starts', () => {
  it('are the rows far beyond a body that ends long before, cut ones among them', () => {
    const cold = [9_000, 15_000, 22_000, 31_000, 40_000];
    expect(found([...BODY, ...cold], [1_001])).toEqual([1_000, 1_001, 1_002, 1_003, 1_004]);
  });

  it('are none when nothing is late, or only twice', () => {
    expect(found(BODY)).toBeNull();
    expect(found([...BODY, 20_000, 30_000])).toBeNull();
  });

  it('are not the tail of a body that goes on as it began', () => {
    // Exponential on the scale of ln: a hundredth takes a hundred times the shortest, as its bulk foretells.
    const pareto = Array.from({ length: 1_000 }, (_unused, row) => (MEDIAN_MS / 2) * (1 / (1 - (row + 0.5) / 1_000)));
    expect(pareto.filter((ms) => ms > MEDIAN_MS + 5_000).length).toBeGreaterThan(30);
    expect(found(pareto)).toBeNull();
  });
});

describe('the spread of cold starts', () => {
  const spread = (seen: readonly number[], cut: readonly number[] = []) =>
    coldStartSpread(Float64Array.from(seen), Float64Array.from(cut));

  it('goes beyond the extremes by the mean gap', () => {
    expect(spread([40_000, 20_000, 30_000])).toEqual({ minMs: 10_000, maxMs: 50_000 });
    expect(spread([25_000])).toEqual({ minMs: 25_000, maxMs: 25_000 });
    expect(spread([1_000, 9_000])).toEqual({ minMs: 0, maxMs: 17_000 });
  });

  it('goes on for those that were cut, and doubles the least bound where all were', () => {
    expect(spread([20_000, 30_000, 40_000], [30_000, 30_000])).toEqual({ minMs: 10_000, maxMs: 60_000 });
    expect(spread([], [15_000, 12_000])).toEqual({ minMs: 12_000, maxMs: 24_000 });
  });

  it('is right on average over samples of a known one', () => {
    const samples = 2_000;
    const mean = { minMs: 0, maxMs: 0 };
    for (let sample = 0; sample < samples; sample++) {
      const { minMs, maxMs } = spread(
        Array.from({ length: 5 }, (_unused, draw) => 60_000 + 40_000 * drawUniform(11, sample, draw, 9_201)),
      );
      mean.minMs += minMs / samples;
      mean.maxMs += maxMs / samples;
    }
    // One extreme varies by a sixth of the range: 40,000 / 6 / sqrt(2,000) is 150.
    expect(Math.abs(mean.minMs - 60_000)).toBeLessThan(600);
    expect(Math.abs(mean.maxMs - 100_000)).toBeLessThan(600);
  });
});
