/** What the lab asks of a better policy: cheaper, for which first tokens may come somewhat later. */
import type { Objective } from '../../config/objective.ts';
import type { PolicyRun } from '../../../simulator/result.ts';

/** First tokens may come this much later at p95: with less, there is little to be saved on the embedded hour. */
const LATER_MAX = 1.5;
/** Of the requests, so much fewer may be answered. */
const SUCCESS_SLACK = 0.002;

/** @param incumbent over the logged traffic, in the fitted twins */
export function labObjective({ firstTokenMs, successRatio }: PolicyRun): Objective {
  const { p95 } = firstTokenMs;
  return {
    utility: { cost: -1 },
    subjectTo: [
      ...(p95 === null
        ? []
        : [
            {
              metric: 'p95_first_token_ms' as const,
              comparison: '<=' as const,
              limit: Math.ceil((p95 * LATER_MAX) / 10) * 10,
            },
          ]),
      {
        metric: 'success' as const,
        comparison: '>=' as const,
        limit: Math.floor((successRatio - SUCCESS_SLACK) * 1_000) / 1_000,
      },
    ],
  };
}
