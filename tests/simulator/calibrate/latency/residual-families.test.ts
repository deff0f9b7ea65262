import { describe, expect, it } from 'vitest';
import { gammaProbability, normalProbability } from '../../../../simulator/calibrate/latency/distribution-functions.ts';
import {
  distributionOf,
  fitFamily,
  residualOfFamily,
  tryFamilies,
} from '../../../../simulator/calibrate/latency/residual-families.ts';
import { empiricalSamples, residualQuantile } from '../../../../simulator/calibrate/latency/residual-distribution.ts';
import { lognormalFromUniform, normalFromUniform } from '../../../../simulator/statistics/normal-quantile.ts';
import { createResidual } from '../../../../simulator/twins/residual.ts';
import { drawUniform } from '../../../../src/router/keyed-draw.ts';
import { hasLlmperf, llmperfGroups, medianDistance } from './llmperf.ts';

const draw = (key: number, salt = 0): number => drawUniform(11, key, salt, 1_960);
const lnOf = (values: readonly number[]): Float64Array => Float64Array.from(values, Math.log);
const seenInFull = (values: Float64Array): Uint8Array => new Uint8Array(values.length);

describe('distribution functions', () => {
  // SciPy 1.17: stats.norm.cdf, stats.gamma.cdf
  it.each([
    [-3, 0.0013498980316300933],
    [-1, 0.15865525393145707],
    [0.5, 0.6914624612740131],
    [2, 0.9772498680518208],
  ])('normal at %d', (z, expected) => expect(normalProbability(z)).toBeCloseTo(expected, 6));
  it.each([
    [0.3, 0.5, 0.5614219739190003],
    [2, 3, 0.32332358381693654],
    [30, 20, 0.9781265315586091],
    [8, 3, 0.986246032255997],
  ])('gamma at %d with shape %d', (x, shape, expected) => expect(gammaProbability(x, shape)).toBeCloseTo(expected, 10));
});

describe('families of residuals', () => {
  it('fits gamma and lognormal by maximum likelihood', () => {
    const values = lnOf([0.8, 0.9, 1.0, 1.1, 1.3, 1.7, 2.9, 0.7, 1.05, 0.95]);
    const ground = distributionOf(values, seenInFull(values));
    // SciPy 1.17: stats.gamma.fit(x, floc=0), then its cdf at 0.8 and 1.5
    const gamma = fitFamily('gamma', ground)!;
    expect(gamma(Math.log(0.8))).toBeCloseTo(0.20021963495810755, 4);
    expect(gamma(Math.log(1.5))).toBeCloseTo(0.7291801597780522, 4);
    // NumPy: exp(mean(ln x)), std(ln x)
    const residual = residualOfFamily('lognormal', ground);
    const [component] = residual.kind === 'lognormal-mixture' ? residual.components : [];
    expect(component!.median).toBeCloseTo(1.1348870483622182, 10);
    expect(component!.sigma).toBeCloseTo(0.3906546281362994, 10);
  });

  it('tells the family that made the rows from the others', () => {
    const values = Float64Array.from({ length: 6_000 }, (_, key) =>
      Math.log(
        draw(key) < 0.8 ? lognormalFromUniform(draw(key, 1), 0.95, 0.1) : lognormalFromUniform(draw(key, 1), 1.6, 0.5),
      ),
    );
    const distances = tryFamilies(values, seenInFull(values));
    expect(distances.get('lognormal-mixture')).toBeLessThan(0.03);
    expect(distances.get('empirical')).toBeLessThan(0.03);
    for (const family of ['lognormal', 'gamma', 'exponential'] as const) {
      expect(distances.get(family)).toBeGreaterThan(0.1);
    }
  });

  it('finds an exponential when it is one', () => {
    const values = Float64Array.from({ length: 3_000 }, (_, key) => Math.log(-Math.log1p(-draw(key, 2))));
    const distances = tryFamilies(values, seenInFull(values));
    expect(distances.get('exponential')).toBeLessThan(0.04);
    expect(distances.get('gamma')).toBeLessThan(0.04);
    expect(distances.get('lognormal')).toBeGreaterThan(0.05);
  });

  it('has none for too few rows', () => {
    const values = lnOf([1, 2, 3]);
    expect(fitFamily('gamma', distributionOf(values, seenInFull(values)))).toBeNull();
  });
});

describe('samples of the empirical residual', () => {
  it('draw the quantiles of the rows, far out as well', () => {
    const values = Float64Array.from({ length: 50_000 }, (_, key) => 0.4 * normalFromUniform(draw(key, 3)));
    const samples = empiricalSamples(distributionOf(values, seenInFull(values)));
    const residual = createResidual({ kind: 'empirical', samples });
    expect(samples.length).toBe(1_001);
    // SciPy 1.17: exp(0.4 * norm.ppf(p))
    for (const [p, expected] of [
      [0.5, 1],
      [0.95, 1.9308],
      [0.99, 2.5359],
      [0.999, 3.4423],
    ] as const) {
      expect(Math.abs(residual(p) / expected - 1)).toBeLessThan(0.05);
    }
  });

  it('see past a cut that hides the middle of the tail, and past one that hides it all', () => {
    const size = 20_000;
    const truth = Float64Array.from({ length: size }, (_, key) => 0.4 * normalFromUniform(draw(key, 4)));
    // A part of the clients leaves at a time of its own; nobody waits longer than 2.5 medians.
    const cut = Float64Array.from({ length: size }, (_, key) =>
      Math.min(Math.log(2.5), draw(key, 5) < 0.2 ? 0.8 * draw(key, 6) : Infinity),
    );
    const isCut = Uint8Array.from(truth, (value, row) => (value > cut[row]! ? 1 : 0));
    const distribution = distributionOf(
      truth.map((value, row) => Math.min(value, cut[row]!)),
      isCut,
    );
    // norm.ppf x 0.4
    expect(residualQuantile(distribution, 0.5)).toBeCloseTo(0, 1.5);
    expect(residualQuantile(distribution, 0.9)).toBeCloseTo(0.5126, 1.5);
    expect(distribution.hiddenTail?.left).toBeCloseTo(0.011, 2);
    const samples = empiricalSamples(distribution);
    expect(samples.every((sample, index) => index === 0 || sample >= samples[index - 1]!)).toBe(true);
    expect(samples.at(-1)).toBeGreaterThan(2.5);
    expect(samples.at(-1)).toBeLessThan(10);
  });
});

describe.runIf(hasLlmperf)('first tokens of hosted models', () => {
  it('are not plainly lognormal or gamma; their own quantiles and two lognormals hold', () => {
    const groups = llmperfGroups();
    expect(groups.length).toBe(16);
    const valid = (family: 'empirical' | 'lognormal-mixture' | 'lognormal' | 'gamma') =>
      medianDistance(groups, 'crossValidated', family);
    expect(valid('empirical')).toBeLessThan(0.08);
    expect(valid('lognormal-mixture')).toBeLessThan(0.1);
    expect(valid('lognormal')).toBeGreaterThan(0.15);
    expect(valid('gamma')).toBeGreaterThan(0.15);
    // Two samples of 75 from one distribution are 0.135 apart in the median, so no family can come below that here.
    expect(medianDistance(groups, 'otherHalf', 'empirical')).toBeLessThan(0.16);
    expect(medianDistance(groups, 'otherHalf', 'lognormal')).toBeGreaterThan(0.2);
  });
});
