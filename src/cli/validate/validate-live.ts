/**
 * The simulator against the proxy itself. The real proxy serves synthetic providers over HTTP under one policy; twins are
 * fitted to its log; then they predict what the proxy will do under another policy and a higher load. Only then does
 * it serve that, too, and the prediction is held against its log.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from '../../../simulator/validate/check.ts';
import { predictionChecks } from '../../../simulator/validate/live/prediction-checks.ts';
import {
  LEARNING_POLICY,
  PREDICTED_POLICY,
  truthScenario,
  type FirstTokenSamples,
} from '../../../simulator/validate/live/truth-scenario.ts';
import { fitTo, predict, serveLive } from './live-trial.ts';
import { validationTraffic } from './validation-traffic.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

export interface LiveValidationSettings {
  readonly seed: number;
  /** Hours of the providers' time that each of the two runs takes. */
  readonly hours: number;
  /** Their time in time on the wall. */
  readonly speed: number;
  /** In the run that is learnt from, and in the one that is predicted. */
  readonly requestsPerSecond: readonly [learnt: number, predicted: number];
  readonly samples: FirstTokenSamples | null;
}

export const LIVE_VALIDATION: Omit<LiveValidationSettings, 'seed' | 'samples'> = {
  hours: 3,
  speed: 45,
  requestsPerSecond: [3, 4],
};

const SECONDS_PER_HOUR = 3_600;
/** Other luck each time; together they are the prediction. */
const REPLICATES = 20;

export async function validateLive(settings: LiveValidationSettings): Promise<readonly Check[]> {
  const { seed, speed, hours, samples, requestsPerSecond } = settings;
  const scenario = truthScenario(samples);
  const folder = makeTemporaryFolder('tokenpool-validate-');
  const trafficOf = (perSecond: number, trafficSeed: number) =>
    validationTraffic(trafficSeed, Math.round(perSecond * hours * SECONDS_PER_HOUR), hours);
  try {
    const [toLearn, toPredict] = requestsPerSecond;
    const learnt = await serveLive({
      scenario,
      policy: LEARNING_POLICY,
      traffic: trafficOf(toLearn, seed),
      seed,
      speed,
      folder: join(folder, 'learnt'),
    });
    const fitted = await fitTo(learnt.logFolder, seed, 'weather');
    const { arrived, served } = await serveLive({
      scenario,
      policy: PREDICTED_POLICY,
      traffic: trafficOf(toPredict, seed + 1),
      seed: seed + 1,
      speed,
      folder: join(folder, 'predicted'),
    });
    return predictionChecks(await predict(arrived, fitted, PREDICTED_POLICY, seed, REPLICATES), served);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
