/** Holds what a simulator predicted against what a live run then was. */
import { kolmogorovSmirnov } from '../../statistics/kolmogorov-smirnov.ts';
import { quantileOfSorted } from '../../statistics/quantiles.ts';
import { atMost, type Check } from '../check.ts';
import type { ServedRequests } from './served-requests.ts';

/** How far a prediction may be off: relative errors of quantiles, a distance, shares and a cost. */
export const PREDICTION_LIMITS = {
  firstTokenP50: 0.05,
  firstTokenP90: 0.08,
  firstTokenP99: 0.15,
  ks: 0.05,
  /** A distance is also allowed that is so many times that of two halves of the live run itself. */
  ksOfSplitHalf: 1.5,
  providerShare: 0.01,
  successRatio: 0.003,
  cost: 0.02,
} as const;

const QUANTILES = [
  ['first token p50', 0.5, PREDICTION_LIMITS.firstTokenP50],
  ['first token p90', 0.9, PREDICTION_LIMITS.firstTokenP90],
  ['first token p99', 0.99, PREDICTION_LIMITS.firstTokenP99],
] as const;

/** Halves of the live run are made of blocks of this length, ms: long enough to hold most of a swing or an outage. */
const SPLIT_BLOCK_MS = 120_000;

export function predictionChecks(predicted: ServedRequests, live: ServedRequests): readonly Check[] {
  const sortedLive = live.firstTokenMs.toSorted();
  const sortedPredicted = predicted.firstTokenMs.toSorted();
  const quantiles = QUANTILES.map(([name, probability, limit]) => {
    const was = quantileOfSorted(sortedLive, probability);
    const expected = quantileOfSorted(sortedPredicted, probability);
    const error = was === null || expected === null || was === 0 ? null : Math.abs(expected / was - 1);
    return atMost('live', name, error, limit, `predicted ${shownMs(expected)}, live ${shownMs(was)}`);
  });
  return [...quantiles, distanceCheck(predicted, live), ...shareChecks(predicted, live), ...sumChecks(predicted, live)];
}

function distanceCheck(predicted: ServedRequests, live: ServedRequests): Check {
  const distance = kolmogorovSmirnov(predicted.firstTokenMs, live.firstTokenMs);
  const floor = splitHalfDistance(live);
  const limit = Math.max(PREDICTION_LIMITS.ks, PREDICTION_LIMITS.ksOfSplitHalf * (floor ?? 0));
  return atMost(
    'live',
    'first token KS',
    distance,
    limit,
    `two halves of the live run are ${floor === null ? '?' : floor.toFixed(3)} apart`,
  );
}

/** Distance of the requests of even blocks of time from those of odd ones. */
function splitHalfDistance({ firstTokenMs, arrivedAtMs }: ServedRequests): number | null {
  const isEven = (_value: number, index: number): boolean => Math.floor(arrivedAtMs[index]! / SPLIT_BLOCK_MS) % 2 === 0;
  return kolmogorovSmirnov(
    firstTokenMs.filter(isEven),
    firstTokenMs.filter((value, index) => !isEven(value, index)),
  );
}

function shareChecks(predicted: ServedRequests, live: ServedRequests): readonly Check[] {
  const providers = [...new Set([...predicted.attemptsByProvider.keys(), ...live.attemptsByProvider.keys()])].sort();
  return providers.map((provider) => {
    const expected = shareOf(predicted, provider);
    const was = shareOf(live, provider);
    return atMost(
      'live',
      `share of ${provider}`,
      Math.abs(expected - was),
      PREDICTION_LIMITS.providerShare,
      `predicted ${shownShare(expected)}, live ${shownShare(was)}`,
    );
  });
}

function shareOf({ attemptsByProvider }: ServedRequests, provider: string): number {
  const all = [...attemptsByProvider.values()].reduce((sum, count) => sum + count, 0);
  return (attemptsByProvider.get(provider) ?? 0) / Math.max(1, all);
}

function sumChecks(predicted: ServedRequests, live: ServedRequests): readonly Check[] {
  const expectedSuccess = predicted.succeeded / predicted.requests;
  const success = live.succeeded / live.requests;
  const expectedCost = predicted.costUsd / predicted.requests;
  const cost = live.costUsd / live.requests;
  return [
    atMost(
      'live',
      'success',
      Math.abs(expectedSuccess - success),
      PREDICTION_LIMITS.successRatio,
      `predicted ${shownShare(expectedSuccess)}, live ${shownShare(success)}`,
    ),
    atMost(
      'live',
      'cost',
      cost === 0 ? null : Math.abs(expectedCost / cost - 1),
      PREDICTION_LIMITS.cost,
      `predicted ${shownUsd(expectedCost)}, live ${shownUsd(cost)} per thousand requests`,
    ),
  ];
}

function shownMs(ms: number | null): string {
  return ms === null ? 'nothing' : `${ms.toFixed(0)} ms`;
}

function shownShare(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function shownUsd(usd: number): string {
  return `${(1_000 * usd).toFixed(3)} USD`;
}
