import * as Plot from '@observablehq/plot';
import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import { formatPercent, formatTick, shorten } from '../format.ts';
import { MUTED, rolePaint } from '../palette.ts';
import { extremeWords } from '../summary/extremes.ts';
import { NARROW, square, WIDE, type Chart, type Panel } from './chart.ts';
import { axisX, headingHeight, type Draw } from './draw-panel.ts';
import { linearTicks } from './ticks.ts';

const ROW_HEIGHT = 36;
const MARGIN_LEFT = 14;

const GROUPS = [
  { label: '2 attempts', paint: rolePaint('attempts-2'), count: (run: PolicyRun) => run.requestsByAttempts[2] ?? 0 },
  { label: '3 attempts', paint: rolePaint('attempts-3'), count: (run: PolicyRun) => run.requestsByAttempts[3] ?? 0 },
  {
    label: '4 or more',
    paint: rolePaint('attempts-4'),
    count: (run: PolicyRun) => sum(run.requestsByAttempts.slice(4)),
  },
  { label: 'none was sent', paint: rolePaint('attempts-0'), count: (run: PolicyRun) => run.requestsByAttempts[0] ?? 0 },
] as const;

/** How often was one attempt not enough? */
export function attemptsPerRequest(comparison: Comparison, draw: Draw): Chart {
  const runs = comparison.policies.filter((run) => sum(run.requestsByAttempts) > 0);
  return {
    id: 'attempts-per-request',
    title: titleOf(runs),
    sentence: 'Share of requests by the number of upstream calls they took; the rest took exactly one.',
    legend: GROUPS.map((group) => square(group.label, group.paint)),
    panels: runs.length === 0 ? [] : [barPanel(runs, draw, WIDE)],
    narrowPanels: runs.length === 0 ? [] : [barPanel(runs, draw, NARROW)],
    columns: 1,
  };
}

function barPanel(runs: readonly PolicyRun[], draw: Draw, width: number): Panel {
  const rows = runs.flatMap((run, row) => {
    let start = 0;
    return GROUPS.map((group) => {
      const share = group.count(run) / sum(run.requestsByAttempts);
      const bar = {
        x1: start,
        x2: start + share,
        y1: row * ROW_HEIGHT + 18,
        y2: row * ROW_HEIGHT + 33,
        paint: group.paint,
      };
      start += share;
      return bar;
    });
  });
  const ticks = linearTicks(Math.max(0.001, ...rows.map((row) => row.x2)), 6);
  const height = runs.length * ROW_HEIGHT;
  const marginTop = headingHeight({ title: null, unit: null });
  return draw({
    width,
    height: marginTop + height + 42,
    marginLeft: MARGIN_LEFT,
    marginRight: 30,
    marginTop,
    marginBottom: 42,
    title: null,
    titlePaint: null,
    unit: null,
    label: runs
      .map(
        (run) =>
          `${run.name}: ${GROUPS.map((group) => `${group.label} ${formatPercent(group.count(run) / sum(run.requestsByAttempts), 2)}`).join(', ')}`,
      )
      .join('; '),
    x: { type: 'linear', domain: [0, ticks[ticks.length - 1] ?? 1] },
    y: { type: 'linear', domain: [height, 0] },
    marks: [
      Plot.gridX([...ticks], { stroke: rolePaint('grid'), strokeOpacity: 1 }),
      ...axisX(ticks, (share) => formatTick(share, (ratio) => formatPercent(ratio, 2)), 'share of requests'),
      Plot.rect(
        rows.filter((row) => row.x2 > row.x1),
        { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'paint' },
      ),
      ...runs.map((run, row) =>
        Plot.text([`${shorten(run.name, 60)}: ${formatPercent(needingMore(run), 1)} took more than one`], {
          frameAnchor: 'left',
          textAnchor: 'start',
          y: [row * ROW_HEIGHT + 9],
          fill: MUTED,
        }),
      ),
    ],
  });
}

function titleOf(runs: readonly PolicyRun[]): string {
  const shares = runs.map((run) => ({ run, share: needingMore(run) })).sort((left, right) => left.share - right.share);
  const least = shares[0];
  const most = shares[shares.length - 1];
  if (least === undefined || most === undefined) return 'No request ended';
  if (most.share === 0) return 'One attempt was enough for every request';
  const words = extremeWords(
    { name: least.run.name, text: formatPercent(least.share, 1) },
    { name: most.run.name, text: formatPercent(most.share, 1) },
  );
  return `Requests that took more than one attempt: ${words}`;
}

function needingMore(run: PolicyRun): number {
  return sum(run.requestsByAttempts.slice(2)) / sum(run.requestsByAttempts);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
