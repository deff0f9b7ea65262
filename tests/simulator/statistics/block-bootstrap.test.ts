import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bootstrapInterval,
  bootstrapReplicates,
  createResampling,
  pairedInterval,
  percentileInterval,
  statisticOfAll,
  type BlockStatistic,
} from '../../../simulator/statistics/block-bootstrap.ts';
import { blockQuantile } from '../../../simulator/statistics/block-quantile.ts';
import {
  addValue,
  createLogHistogram,
  histogramQuantile,
  mergeHistogram,
} from '../../../simulator/statistics/log-histogram.ts';
import { normalFromUniform } from '../../../simulator/statistics/normal-quantile.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';

const normal = (seed: number, key: number, salt = 0): number => normalFromUniform(drawUniform(seed, key, salt, 7));

const ratio = (numerators: readonly number[], denominators: readonly number[]): BlockStatistic => ({
  kind: 'ratio',
  numerators,
  denominators,
});

/** An AR(1) path x(t) = phi x(t-1) + e, stationary from the start, cut into blocks. */
function autoregressiveBlocks(seed: number, phi: number, blocks: number, perBlock: number): BlockStatistic {
  const sums = new Float64Array(blocks);
  let x = normal(seed, 0) / Math.sqrt(1 - phi * phi);
  for (let t = 0; t < blocks * perBlock; t++) {
    if (t > 0) x = phi * x + normal(seed, t);
    sums[Math.floor(t / perBlock)]! += x;
  }
  return { kind: 'ratio', numerators: sums, denominators: new Float64Array(blocks).fill(perBlock) };
}

function coverage(
  rounds: number,
  truth: number,
  intervalOf: (seed: number) => { low95: number | null; high95: number | null },
): number {
  let covered = 0;
  for (let seed = 0; seed < rounds; seed++) {
    const { low95, high95 } = intervalOf(seed);
    if (low95! <= truth && truth <= high95!) covered++;
  }
  return covered / rounds;
}

// A percentile interval of 50 independent normal blocks covers about 94 % (Student's t says how much the normal
// is short). With 1,500 rounds the share has a standard error of 0.6 %: the band is three of them to each side.
const ROUNDS = 1_500;
const BAND = { low: 0.922, high: 0.958 };

describe('coverage of the 95 % interval', () => {
  const resampling = createResampling(50, 99, 500);

  it('is about 95 % for the mean of independent blocks', () => {
    const share = coverage(ROUNDS, 0, (seed) => bootstrapInterval(autoregressiveBlocks(seed, 0, 50, 20), resampling));
    expect(share).toBeGreaterThan(BAND.low);
    expect(share).toBeLessThan(BAND.high);
  });

  it('is about 95 % for the mean of dependent observations when blocks outlast the memory', () => {
    const share = coverage(ROUNDS, 0, (seed) => bootstrapInterval(autoregressiveBlocks(seed, 0.7, 50, 60), resampling));
    expect(share).toBeGreaterThan(BAND.low);
    expect(share).toBeLessThan(BAND.high);
  });

  it('would be far below for dependent observations resampled one by one', () => {
    const singly = createResampling(1_000, 99, 200);
    const share = coverage(100, 0, (seed) => bootstrapInterval(autoregressiveBlocks(seed, 0.7, 1_000, 1), singly));
    expect(share).toBeLessThan(0.8);
  });

  it('is about 95 % for a quantile merged from histograms', () => {
    const truth = Math.exp(1.2815515655446004);
    const share = coverage(ROUNDS, truth, (seed) => {
      const histograms = Array.from({ length: 50 }, (_, block) => {
        const histogram = createLogHistogram();
        for (let index = 0; index < 40; index++) addValue(histogram, Math.exp(normal(seed, block, index)));
        return histogram;
      });
      return bootstrapInterval({ kind: 'quantile', histograms, probability: 0.9 }, resampling);
    });
    expect(share).toBeGreaterThan(BAND.low);
    expect(share).toBeLessThan(BAND.high);
  });
});

describe('blockQuantile', () => {
  it('is the quantile of the merged histogram, whatever the multiplicities', () => {
    const value = fc.oneof(fc.double({ min: 0.001, max: 1e6, noNaN: true }), fc.constant(0), fc.constant(1e9));
    const block = fc.record({ values: fc.array(value, { maxLength: 12 }), times: fc.integer({ min: 0, max: 4 }) });
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), probability, (blocks, p) => {
        const histograms = blocks.map(({ values }) => {
          const histogram = createLogHistogram();
          for (const each of values) addValue(histogram, each);
          return histogram;
        });
        const merged = createLogHistogram();
        // Every block once more than drawn, so that the extremes of the mixture are those of all blocks.
        blocks.forEach(({ times }, index) => mergeHistogram(merged, histograms[index]!, times + 1));
        const multiplicities = Uint16Array.from([9, ...blocks.map(({ times }) => times + 1)]);
        const found = blockQuantile(histograms, p)(multiplicities, 1);
        const expected = histogramQuantile(merged, p);
        if (expected === null) expect(found).toBeNull();
        else expect(Math.abs(found! - expected)).toBeLessThanOrEqual(1e-9 * expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('pairing', () => {
  const blocks = 40;
  const resampling = createResampling(blocks, 5);
  const level = Array.from({ length: blocks }, (_, block) => 100 + 40 * normal(1, block));
  const counts = level.map(() => 10);
  const a = ratio(
    level.map((value, block) => 10 * (value + 3 + 0.5 * normal(2, block))),
    counts,
  );
  const b = ratio(
    level.map((value) => 10 * value),
    counts,
  );

  it('sees a small steady difference through large common swings', () => {
    const paired = pairedInterval(a, b, resampling);
    expect(paired.value).toBeCloseTo(3, 0);
    expect(paired.low95!).toBeGreaterThan(2.5);
    expect(paired.high95!).toBeLessThan(3.5);
    const unpaired = bootstrapInterval(a, resampling);
    expect(unpaired.high95! - unpaired.low95!).toBeGreaterThan(20 * (paired.high95! - paired.low95!));
  });

  it('is zero of a policy against itself', () => {
    expect(pairedInterval(a, a, resampling)).toEqual({ value: 0, low95: 0, high95: 0 });
  });

  it('changes its sign when the sides are swapped', () => {
    const forth = pairedInterval(a, b, resampling);
    const back = pairedInterval(b, a, resampling);
    expect(back.low95).toBeCloseTo(-forth.high95!, 10);
    expect(back.high95).toBeCloseTo(-forth.low95!, 10);
  });
});

describe('replicates', () => {
  it('hold as many blocks as there are, the same ones for the same seed', () => {
    const one = createResampling(30, 11);
    expect(one.replicates).toBe(1_000);
    for (let replicate = 0; replicate < one.replicates; replicate++) {
      const held = one.multiplicities.subarray(replicate * 30, (replicate + 1) * 30);
      expect(held.reduce((sum, times) => sum + times, 0)).toBe(30);
    }
    expect(createResampling(30, 11)).toEqual(one);
    expect(createResampling(30, 12)).not.toEqual(one);
  });

  it('have the spread that theory gives: variance of the mean of n blocks is s^2 / n', () => {
    const values = Array.from({ length: 60 }, (_, block) => normal(3, block));
    const mean = values.reduce((sum, value) => sum + value, 0) / 60;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 60;
    const means = bootstrapReplicates(
      ratio(
        values,
        values.map(() => 1),
      ),
      createResampling(60, 4, 20_000),
    );
    const centre = means.reduce((sum, value) => sum + value, 0) / means.length;
    const spread = means.reduce((sum, value) => sum + (value - centre) ** 2, 0) / means.length;
    expect(Math.abs(spread / (variance / 60) - 1)).toBeLessThan(0.04);
  });

  it('leave out what is undefined and give no interval when most is', () => {
    const rare = ratio([1, 0, 0, 0, 0], [1, 0, 0, 0, 0]);
    expect(bootstrapInterval(rare, createResampling(5, 1))).toEqual({ value: 1, low95: 1, high95: 1 });
    expect(percentileInterval(1, Float64Array.of(NaN, NaN, 1))).toEqual({ value: 1, low95: null, high95: null });
    expect(statisticOfAll(ratio([0], [0]))).toBeNull();
    expect(pairedInterval(ratio([0], [0]), ratio([1], [1]), createResampling(1, 1))).toEqual({
      value: null,
      low95: null,
      high95: null,
    });
  });

  it('refuse a resampling of another number of blocks, and none at all', () => {
    expect(() => bootstrapReplicates(ratio([1, 2], [1, 1]), createResampling(3, 1))).toThrow(RangeError);
    expect(() => createResampling(0, 1)).toThrow(RangeError);
  });
});
