import { expect, it } from 'vitest';
import { fitFirstToken } from '../../../../simulator/calibrate/latency/first-token-fit.ts';
import { firstTokenRows } from '../../../../simulator/calibrate/latency/first-token-rows.ts';
import { errorBesideSwings } from '../../../../simulator/calibrate/latency/weighing-swings.ts';
import { allRowsOf, fleetAttempts } from '../../../../simulator/validate/recovery/fleet-attempts.ts';
import { HARSH_LOAD, KNOWN_TWIN } from '../../../../simulator/validate/recovery/latency-recovery.ts';
import { smallScenario, TARGET_IDS } from '../../../../simulator/validate/small/small-scenario.ts';

it('tells swings from noise however long the swings last, though a tenth of the rows are cut near the median', () => {
  const attempts = { ...HARSH_LOAD, attempts: 8_000 };
  const fits = Array.from({ length: 8 }, (_, run) => {
    const table = fleetAttempts(smallScenario({ twin: KNOWN_TWIN }), TARGET_IDS.slice(0, 1), attempts, 500 + run);
    return fitFirstToken(firstTokenRows(table, allRowsOf(table), 0, null), null);
  });
  const noise = fits.map(({ swings }) => swings!.noiseVariance);
  const meanNoise = noise.reduce((sum, value) => sum + value, 0) / noise.length;
  for (const value of noise) expect(Math.abs(value / meanNoise - 1)).toBeLessThan(0.15);
  // The intercept is where all minutes' swings are 0 on average, not where a step has taken it.
  const { b0, b1, n0 } = KNOWN_TWIN.firstToken;
  for (const { curve, information, swings } of fits) {
    const median = (input: number) => b0 + b1 * Math.log1p(input / n0);
    const error = errorBesideSwings(information!, swings!.noiseVariance, Float64Array.of(1, Math.log1p(1), 0));
    expect(Math.abs(curve.b0 + curve.b1 * Math.log1p(1_000 / curve.n0) - median(1_000))).toBeLessThan(5 * error);
  }
});
