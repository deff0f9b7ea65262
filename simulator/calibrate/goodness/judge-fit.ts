/** How good a scenario is on rows of a log: it should be rows that it has not seen. */
import type { Policy } from '../../../src/router/policy.ts';
import type { Scenario } from '../../scenario.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import { distributionFit, picturedFit } from './distribution-fit.ts';
import { failureMemory } from './failure-memory.ts';
import { costMicroUsd, failureRatio, figureFit, limitedCount, successRatio } from './figure-fit.ts';
import { FIT_METRICS, type Goodness, type GroupFit, type Range, type StratumFit } from './goodness.ts';
import { judgedRows, type JudgedRows, type Positions } from './judged-rows.ts';
import { reliability } from './reliability.ts';
import { positionsByStratum, STRATUM_ROWS_MIN, strataOf } from './strata.ts';

/**
 * Plays the rows again in the scenario, several times with other luck, and holds what came of them against the log.
 * A function of its arguments alone.
 *
 * @param rows ascending; none gives figures that are null
 * @param timeouts the router's, as when the log was written
 * @param seed a safe integer; replicates take it and those after it
 * @throws BadInput when the scenario lacks a target
 */
export function judgeFit(
  observed: AttemptTable,
  rows: RowSubset,
  scenario: Scenario,
  timeouts: Policy['timeouts'],
  seed: number,
): Goodness {
  const judged = judgedRows(observed, rows, scenario, timeouts, seed);
  const strata = strataOf(judged);
  const byStratum = positionsByStratum(strata).filter(({ length }) => length > 0);
  const large = byStratum.length === 1 ? byStratum : byStratum.filter(({ length }) => length >= STRATUM_ROWS_MIN);
  const all = Uint32Array.from({ length: judged.rows }, (_unused, position) => position);
  return {
    rows: judged.rows,
    fromMs: judged.fromMs,
    toMs: judged.toMs,
    replicates: judged.replicates.length,
    blocks: judged.resampling.blocks,
    blockMs: judged.blockMs,
    all: groupFit(judged, all, null),
    targets: observed.targets
      .map(({ id }, target) => ({ id, positions: all.filter((position) => judged.target[position] === target) }))
      .filter(({ positions }) => positions.length > 0)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, positions }) => groupFit(judged, positions, id)),
    strata: large.map((positions) => stratumFit(judged, positions)),
    rowsInSmallStrata: judged.rows - large.reduce((sum, { length }) => sum + length, 0),
    reliability: reliability(judged, strata),
  };
}

function groupFit(judged: JudgedRows, positions: Positions, target: string | null): GroupFit {
  return {
    target,
    rows: positions.length,
    metrics: FIT_METRICS.map((metric) => picturedFit(judged, positions, metric)),
    successRatio: figureFit(judged, positions, successRatio),
    failureRatio: figureFit(judged, positions, failureRatio),
    limited: figureFit(judged, positions, limitedCount),
    costMicroUsd: figureFit(judged, positions, costMicroUsd),
    ...failureMemory(judged, positions),
  };
}

function stratumFit(judged: JudgedRows, positions: Positions): StratumFit {
  return {
    inputTokens: rangeOf(judged.inputTokens, positions),
    othersInFlight: rangeOf(judged.othersInFlight, positions),
    rows: positions.length,
    metrics: FIT_METRICS.map((metric) => distributionFit(judged, positions, metric)),
    failureRatio: figureFit(judged, positions, failureRatio),
  };
}

function rangeOf(values: ArrayLike<number>, positions: Positions): Range {
  let min = Infinity;
  let max = -Infinity;
  for (const position of positions) {
    min = Math.min(min, values[position]!);
    max = Math.max(max, values[position]!);
  }
  return { min, max };
}
