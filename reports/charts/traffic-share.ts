import * as Plot from '@observablehq/plot';
import type { Comparison, PolicyRun, TargetUse } from '../../simulator/result.ts';
import { formatPercent } from '../format.ts';
import { CARD, policyPaint, rolePaint, targetPaints, type Paint } from '../palette.ts';
import { targetNames } from '../tables/targets.ts';
import { multiples, square, type Chart, type Panel } from './chart.ts';
import { axisY, type Draw } from './draw-panel.ts';
import { drawTimePanel, sliceEdges, timeSpanMs } from './time-panel.ts';

/** Targets shown one by one; the smaller rest is one grey band. */
const TARGETS_MAX = 14;
const OTHERS = 'other targets';

interface Band {
  readonly name: string;
  readonly paint: Paint;
  readonly members: ReadonlySet<string>;
}

/** Where did the traffic go, and how did that change? */
export function trafficShare(comparison: Comparison, draw: Draw): Chart {
  const bands = bandsOf(comparison);
  const layout = multiples(comparison.policies.length);
  const panels = comparison.policies.flatMap((run, index) =>
    run.attempts === 0 ? [] : [sharePanel(comparison, run, policyPaint(index), bands, layout.width, draw)],
  );
  return {
    id: 'traffic-share',
    title: titleOf(comparison),
    sentence: 'Share of attempts per slice that went to each target; shades of one colour are targets of one provider.',
    legend: bands.map((band) => square(band.name, band.paint)),
    panels,
    narrowPanels: [],
    columns: layout.columns,
  };
}

function bandsOf(comparison: Comparison): readonly Band[] {
  const names = targetNames(comparison);
  const paints = targetPaints(names);
  const largest = (name: string): number =>
    Math.max(...comparison.policies.map((run) => run.targets.find((use) => use.target === name)?.share ?? 0));
  const kept = new Set(
    [...names].sort((left, right) => largest(right) - largest(left) || (left < right ? -1 : 1)).slice(0, TARGETS_MAX),
  );
  const bands = names
    .filter((name) => kept.has(name))
    .map((name) => ({ name, paint: paints.get(name) ?? rolePaint('target-other'), members: new Set([name]) }));
  const rest = names.filter((name) => !kept.has(name));
  return rest.length === 0
    ? bands
    : [...bands, { name: `${OTHERS} (${rest.length})`, paint: rolePaint('target-other'), members: new Set(rest) }];
}

function sharePanel(
  comparison: Comparison,
  run: PolicyRun,
  titlePaint: Paint,
  bands: readonly Band[],
  width: number,
  draw: Draw,
): Panel {
  const rows = stackedShares(run, timeSpanMs(comparison), bands);
  return drawTimePanel(draw, {
    comparison,
    width,
    plotHeight: 200,
    marginLeft: 46,
    marginRight: 14,
    title: run.name,
    titlePaint,
    unit: 'share of attempts',
    label: `${run.name}, share of attempts by target: ${largestUses(run, 5)
      .map((use) => `${use.target} ${formatPercent(use.share)}`)
      .join(', ')}`,
    y: { type: 'linear', domain: [0, 1] },
    covered: true,
    marks: [
      ...axisY([0, 0.25, 0.5, 0.75, 1], (share) => formatPercent(share, 0)),
      ...bands.map((band, index) =>
        Plot.areaY(rows[index] ?? [], {
          x: 'x',
          y1: 'y1',
          y2: 'y2',
          curve: 'step-after',
          fill: band.paint,
          stroke: CARD,
          strokeWidth: 0.6,
        }),
      ),
    ],
  });
}

interface Step {
  readonly x: number;
  readonly y1: number;
  readonly y2: number;
}

/** For each band its lower and upper edge over time, from the bottom up; slices without attempts are gaps. */
function stackedShares(run: PolicyRun, spanMs: number, bands: readonly Band[]): readonly (readonly Step[])[] {
  const rows: Step[][] = bands.map(() => []);
  for (const { slice, x1, x2 } of sliceEdges(run, spanMs)) {
    const total = slice.attemptsByTarget.reduce((sum, attempts) => sum + attempts, 0);
    let floor = 0;
    bands.forEach((band, index) => {
      const attempts = run.targets.reduce(
        (sum, use, position) => sum + (band.members.has(use.target) ? (slice.attemptsByTarget[position] ?? 0) : 0),
        0,
      );
      const share = total === 0 ? NaN : attempts / total;
      const row = rows[index];
      row?.push({ x: x1, y1: floor, y2: floor + share });
      if (slice === run.slices[run.slices.length - 1]) row?.push({ x: x2, y1: floor, y2: floor + share });
      floor += share;
    });
  }
  return rows;
}

function largestUses(run: PolicyRun, count: number): readonly TargetUse[] {
  return [...run.targets]
    .sort((left, right) => right.share - left.share || (left.target < right.target ? -1 : 1))
    .slice(0, count);
}

function titleOf(comparison: Comparison): string {
  const leading = comparison.policies
    .flatMap((run) => largestUses(run, 1).map((use) => ({ run, use })))
    .filter(({ use }) => use.attempts > 0)
    .sort((left, right) => right.use.share - left.use.share);
  const most = leading[0];
  const least = leading[leading.length - 1];
  if (most === undefined || least === undefined) return 'No attempt was sent';
  const mostText = `${formatPercent(most.use.share, 0)} of attempts to ${most.use.target}`;
  if (leading.length === 1) return `${most.run.name} sent ${mostText}, its largest share`;
  return `${most.run.name} leans most on one target (${mostText}); ${least.run.name} least (${formatPercent(least.use.share, 0)} to ${least.use.target})`;
}
