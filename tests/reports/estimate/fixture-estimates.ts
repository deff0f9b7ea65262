/** Estimates as the command writes them: one with figures, one without. */
import type { MetricEstimate, PolicyEstimate } from '../../../simulator/estimate/policy-estimate.ts';
import type { Interval } from '../../../simulator/statistics/block-bootstrap.ts';

export function about(value: number, half: number): Interval {
  return { value, low95: value - half, high95: value + half };
}

/** A metric of which all estimators say about the same. */
export function metricOf(
  metric: MetricEstimate['metric'],
  logging: number,
  other: number,
  half: number,
): MetricEstimate {
  return {
    metric,
    logging: about(logging, half / 2),
    ips: about(other * 1.01, half * 1.4),
    snips: about(other * 0.995, half * 1.2),
    doublyRobust: about(other, half),
    switch: about(other * 1.002, half * 0.9),
    switchAbove: 12,
    difference: about(other - logging, half),
  };
}

export const IDENTIFIABLE: PolicyEstimate = {
  kind: 'estimate',
  formatVersion: 1,
  log: 'logs/may.duckdb',
  policy: 'candidate.yaml',
  policyHash: 'c'.repeat(64),
  requests: 12_400,
  decisions: 12_000,
  gates: [
    { name: 'randomisedShare', value: 0.98, limit: 1 / 12_000, pass: true },
    { name: 'effectiveSampleSize', value: 3_420.7, limit: 500, pass: true },
    { name: 'meanWeight', value: 1.004, limit: [0.95, 1.05], pass: true },
    { name: 'largestWeightShare', value: 0.0023, limit: 0.01, pass: true },
  ],
  identifiable: true,
  reason: null,
  advice: null,
  metrics: [
    metricOf('successRatio', 0.95, 0.96, 0.02),
    metricOf('costUsdPer1kRequests', 4.2, 3.1, 0.2),
    metricOf('firstTokenMs', 900, 1_240, 60),
    metricOf('firstTokenWithin2s', 0.9, 0.9, 0.01),
  ],
  diagnostics: {
    rows: 12_000,
    effectiveSampleSize: 3_420.7,
    meanWeight: 1.004,
    largestWeight: 40,
    largestWeightShare: 0.0023,
    choiceShare: 0.99,
    randomisedShare: 0.98,
    unsupportedShare: 0,
  },
  notes: ['12 requests without an end in the log are left out'],
};

export const NOT_IDENTIFIABLE: PolicyEstimate = {
  ...IDENTIFIABLE,
  gates: IDENTIFIABLE.gates.map((gate) =>
    gate.name === 'effectiveSampleSize' ? { ...gate, value: 12.4, pass: false } : gate,
  ),
  identifiable: false,
  reason: 'the decisions say as much as 12 equally weighted ones, at least 500 are needed',
  advice: { explorationRate: 0.05, longer: null, text: 'with explorationRate 0.05 they would be enough' },
  metrics: IDENTIFIABLE.metrics.map(({ metric, logging }) => ({
    metric,
    logging,
    ips: null,
    snips: null,
    doublyRobust: null,
    switch: null,
    switchAbove: null,
    difference: null,
  })),
};
