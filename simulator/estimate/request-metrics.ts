import type { BanditTable, Metric } from './bandit-table.ts';
import { fitDirectModel } from './direct-model.ts';
import type { RequestEnds } from './logged-decisions.ts';

const IN_TIME_MS = 2_000;

/** What can be estimated, with the names that other results use. */
export const ESTIMATED_METRICS = [
  'successRatio',
  'costUsdPer1kRequests',
  'firstTokenMs',
  'firstTokenWithin2s',
] as const;
/**
 * `successRatio`: share of requests answered in full. `costUsdPer1kRequests`: of all attempts. `firstTokenMs`: mean
 * from arrival, over requests answered in full; the others are in neither part of the ratio. `firstTokenWithin2s`: share
 * of all requests that were answered in full with the first token within two seconds of arrival.
 */
export type EstimatedMetric = (typeof ESTIMATED_METRICS)[number];

/** A metric with its direct model fitted. */
export function metricOf(name: EstimatedMetric, table: BanditTable, ends: RequestEnds): Metric {
  const { success, costMicroUsd, firstTokenMs } = ends;
  const ofAll = (observed: Float64Array): Metric => ({ numerator: fitDirectModel(table, observed), denominator: null });
  switch (name) {
    case 'successRatio':
      return ofAll(success);
    case 'costUsdPer1kRequests':
      return ofAll(costMicroUsd.map((microUsd) => microUsd / 1_000));
    case 'firstTokenMs':
      return {
        numerator: fitDirectModel(
          table,
          firstTokenMs.map((ms) => (Number.isNaN(ms) ? 0 : ms)),
        ),
        denominator: fitDirectModel(
          table,
          firstTokenMs.map((ms) => (Number.isNaN(ms) ? 0 : 1)),
        ),
      };
    case 'firstTokenWithin2s':
      return ofAll(firstTokenMs.map((ms) => (ms <= IN_TIME_MS ? 1 : 0)));
  }
}
