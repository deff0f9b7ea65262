import type { ObjectiveMetric } from '../../../src/config/objective.ts';
import type { TrialOrigin, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { formatCount, formatPercent, shortHash } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { objectiveMetrics } from '../deciding-metrics.ts';
import { objectiveMetric } from '../objective-metrics.ts';
import { paintOf } from '../tuning-paints.ts';

/** Points of the front in the table; report.json has all. */
const FRONT_ROWS_MAX = 40;

const ORIGIN_WORDS: Readonly<Record<TrialOrigin, string>> = {
  incumbent: 'incumbent',
  default: 'default policy',
  baseline: 'baselines',
  sobol: 'scrambled Sobol points',
  'cma-es': 'CMA-ES',
  random: 'random points',
};

/** One row a policy that has a name. */
export function comparedTable(result: TuningResult): Table {
  const metrics = shownMetrics(result);
  return {
    id: 'compared',
    caption: 'Policies by name, on the same requests',
    columns: [
      leftColumn('Policy'),
      ...metrics.map((metric) => rightColumn(objectiveMetric(metric).label)),
      leftColumn('Within the limits?'),
      leftColumn('Hash'),
    ],
    rows: result.compared.map((policy) => [
      policy.name,
      ...metrics.map((metric) => objectiveMetric(metric).format(policy.metrics[metric] ?? null)),
      policy.isFeasible ? 'yes' : 'no',
      shortHash(policy.policyHash),
    ]),
    paints: result.compared.map(({ policyHash }) => paintOf(result, policyHash)),
  };
}

/** One row a policy of the front, best in the first metric first. */
export function frontTable(result: TuningResult): Table {
  const metrics = shownMetrics(result);
  const knobs = result.knobs.map(({ path }) => path);
  const [first] = metrics;
  const valueOf = (point: TuningResult['pareto'][number]): number =>
    first === undefined ? 0 : (point.metrics[first] ?? Infinity);
  const points = result.pareto.toSorted((a, b) => valueOf(a) - valueOf(b));
  const rest = points.length > FRONT_ROWS_MAX ? ` (${FRONT_ROWS_MAX} of ${points.length}; report.json has all)` : '';
  return {
    id: 'front',
    caption: `Pareto front${rest}`,
    columns: [
      leftColumn('Policy'),
      ...metrics.map((metric) => rightColumn(objectiveMetric(metric).label)),
      leftColumn('Within the limits?'),
      leftColumn(`Knobs (${knobs.join(', ')})`),
    ],
    rows: points
      .slice(0, FRONT_ROWS_MAX)
      .map((point) => [
        shortHash(point.policyHash),
        ...metrics.map((metric) => objectiveMetric(metric).format(point.metrics[metric] ?? null)),
        point.isFeasible ? 'yes' : 'no',
        knobs.map((path) => knobValueText(point.knobs[path])).join(', '),
      ]),
    paints: points.slice(0, FRONT_ROWS_MAX).map(({ policyHash }) => paintOf(result, policyHash)),
    wraps: true,
  };
}

/** One row a way in which policies were come by. */
export function trialTable({ trials, blocks }: TuningResult): Table {
  const origins = [...new Set(trials.map(({ origin }) => origin))];
  return {
    id: 'trials',
    caption: `What was tried; the train part has ${blocks} blocks`,
    columns: [
      leftColumn('Origin'),
      rightColumn('Policies'),
      rightColumn('Within the limits'),
      rightColumn('Saw all blocks'),
    ],
    rows: origins.map((origin) => {
      const own = trials.filter((trial) => trial.origin === origin);
      const feasible = own.filter(({ isFeasible }) => isFeasible).length;
      const whole = own.filter(({ blocksSeen }) => blocksSeen >= blocks).length;
      return [
        ORIGIN_WORDS[origin],
        formatCount(own.length),
        `${formatCount(feasible)} (${formatPercent(feasible / own.length, 0)})`,
        formatCount(whole),
      ];
    }),
    paints: [],
  };
}

function shownMetrics(result: TuningResult): readonly ObjectiveMetric[] {
  const known = new Set(
    [...result.compared, ...result.pareto].flatMap(({ metrics }) => Object.keys(metrics) as ObjectiveMetric[]),
  );
  return [...new Set([...objectiveMetrics(result), ...known])];
}

function knobValueText(value: number | string | undefined): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? Number(value.toPrecision(3)).toString() : value;
}
