/** Where the policies of a tuning stand in the plane of two metrics. */
import { BETTER, type ObjectiveMetric } from '../../../src/config/objective.ts';
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import type { Paint } from '../../palette.ts';
import { wholeTrials } from '../deciding-metrics.ts';
import { BASELINE_PAINT, CANDIDATE_PAINT, INCUMBENT_PAINT } from '../tuning-paints.ts';

export interface Place {
  readonly policyHash: string;
  readonly x: number;
  readonly y: number;
  readonly isFeasible: boolean;
}

export interface NamedPlace extends Place {
  readonly name: string;
  readonly paint: Paint;
}

/** Every policy that saw all there was to see, once; without those that have no value in either metric. */
export function placesOf(result: TuningResult, x: ObjectiveMetric, y: ObjectiveMetric): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { policyHash, metrics, isFeasible } of [...wholeTrials(result.trials), ...result.pareto]) {
    const [atX, atY] = [metrics[x] ?? null, metrics[y] ?? null];
    if (atX !== null && atY !== null) places.set(policyHash, { policyHash, x: atX, y: atY, isFeasible });
  }
  return [...places.values()];
}

/** Incumbent, candidate and whatever else has a name, in the order in which they should be seen: the last on top. */
export function namedPlaces(
  result: TuningResult,
  places: readonly Place[],
  x: ObjectiveMetric,
  y: ObjectiveMetric,
): readonly NamedPlace[] {
  const placeOf = (hash: string): Place | null => {
    const tried = places.find(({ policyHash }) => policyHash === hash);
    if (tried !== undefined) return tried;
    const compared = result.compared.find(({ policyHash }) => policyHash === hash);
    const [atX, atY] = [compared?.metrics[x] ?? null, compared?.metrics[y] ?? null];
    return compared === undefined || atX === null || atY === null
      ? null
      : { policyHash: hash, x: atX, y: atY, isFeasible: compared.isFeasible };
  };
  const own = [result.incumbent.policyHash, result.candidate?.policyHash];
  const named = [
    ...result.compared
      .filter(({ policyHash }) => !own.includes(policyHash))
      .map(({ name, policyHash }) => ({ name, policyHash, paint: BASELINE_PAINT })),
    { ...result.incumbent, name: `incumbent ${result.incumbent.name}`, paint: INCUMBENT_PAINT },
    ...(result.candidate === null || result.candidate.policyHash === result.incumbent.policyHash
      ? []
      : [{ ...result.candidate, name: `candidate ${result.candidate.name}`, paint: CANDIDATE_PAINT }]),
  ];
  return named.flatMap(({ name, policyHash, paint }) => {
    const place = placeOf(policyHash);
    return place === null ? [] : [{ ...place, name, paint }];
  });
}

/** The policies within the limits that no other one beats in both metrics, in order of x. */
export function frontierOf(places: readonly Place[], x: ObjectiveMetric, y: ObjectiveMetric): readonly Place[] {
  const better = (metric: ObjectiveMetric, a: number, b: number): boolean =>
    BETTER[metric] === 'lower' ? a < b : a > b;
  const feasible = places.filter(({ isFeasible }) => isFeasible);
  return feasible
    .filter((place) => !feasible.some((other) => dominates(other, place)))
    .toSorted((a, b) => a.x - b.x || a.y - b.y);

  function dominates(a: Place, b: Place): boolean {
    const noWorse = !better(x, b.x, a.x) && !better(y, b.y, a.y);
    return noWorse && (better(x, a.x, b.x) || better(y, a.y, b.y));
  }
}
