/** Fits and estimates on public measurements, where they lie beside the project. */
import { FAMILIES, type Family } from '../../simulator/calibrate/latency/residual-families.ts';
import {
  hasLlmperf,
  llmperfGroups,
  medianDistance,
  type LlmperfGroup,
} from '../simulator/calibrate/latency/llmperf.ts';
import { CLICKS_OF_RANDOM, hasOpenBandit, judgeRandom } from '../simulator/estimate/open-bandit.ts';
import { holds, type Check, type Proof } from './proof.ts';

/** The family that a fit takes unless another is nearer. */
const DEFAULT_FAMILY: Family = 'empirical';
const DISTANCE_MAX = 0.08;

export const fit: Proof = {
  name: 'fit',
  about: 'first tokens of hosted models (LLMPerf), a policy judged by another one’s logs (Open Bandit)',
  run: (report) => {
    if (hasLlmperf) report(firstTokens(llmperfGroups()));
    else report(leftOut('first tokens of hosted models'));
    if (hasOpenBandit) [men(), women()].forEach(report);
    else report(leftOut('Open Bandit'));
    return Promise.resolve();
  },
};

function leftOut(name: string): Check {
  return holds(name, 'not on this machine', 'left out', true);
}

/** Judged on rows that the fit has not seen; plain families are told beside it. */
function firstTokens(groups: readonly LlmperfGroup[]): Check {
  const distances = FAMILIES.map((family) => [family, medianDistance(groups, 'crossValidated', family)] as const);
  const ofDefault = medianDistance(groups, 'crossValidated', DEFAULT_FAMILY);
  const figures = distances.map(([family, distance]) => `${family} ${distance.toFixed(3)}`).join(', ');
  return holds(
    `median KS of ${groups.length} models’ first tokens`,
    figures,
    `${DEFAULT_FAMILY} <= ${DISTANCE_MAX}`,
    ofDefault <= DISTANCE_MAX,
  );
}

function men(): Check {
  const { snips } = judgeRandom('men').values;
  const { value, low95, high95 } = snips;
  const isInside = low95 !== null && high95 !== null && low95 <= CLICKS_OF_RANDOM && CLICKS_OF_RANDOM <= high95;
  return holds(
    'Open Bandit, men: SNIPS of the random policy',
    `${value?.toFixed(5)} (${low95?.toFixed(5)} to ${high95?.toFixed(5)})`,
    `the interval holds ${CLICKS_OF_RANDOM}`,
    isInside,
  );
}

function women(): Check {
  const { failed, diagnostics } = judgeRandom('women');
  return holds(
    'Open Bandit, women: refused',
    `${diagnostics.effectiveSampleSize.toFixed(1)} effective rows`,
    'the gate of effective rows fails',
    failed.includes('effectiveSampleSize'),
  );
}
