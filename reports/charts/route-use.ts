/** Caching and balance by route: what keeping to one place saves, beside what it costs. */
import * as Plot from '@observablehq/plot';
import type { Comparison, PolicyRun, RouteUse } from '../../simulator/result.ts';
import { formatPercent, formatPlain, formatTick, shorten, type Formatter } from '../format.ts';
import { MUTED, policyPaint, rolePaint, type Paint } from '../palette.ts';
import { routeNames } from '../tables/routes.ts';
import { square, type Chart, type Panel } from './chart.ts';
import { axisX, headingHeight, LETTER_WIDTH, type Draw } from './draw-panel.ts';
import { linearTicks } from './ticks.ts';

const WIDTH = 500;
const MARGIN_LEFT = 108;
const BAR_HEIGHT = 11;
/** Between one route and the next. */
const ROUTE_GAP = 12;
/** Routes drawn; the table has all. */
const ROUTES_MAX = 14;

interface Measure {
  readonly title: string;
  readonly axis: string;
  readonly value: (use: RouteUse) => number;
  readonly format: Formatter;
}

const MEASURES: readonly Measure[] = [
  {
    title: 'Input read from caches',
    axis: 'share of input tokens',
    value: (use) => use.cacheReadRatio,
    format: (ratio) => formatPercent(ratio, 1),
  },
  {
    title: 'Targets used',
    axis: 'effective number of targets',
    value: (use) => use.effectiveTargets,
    format: formatPlain,
  },
];

/** Does keeping to one place pay in caches, and what does it cost in balance? Null where no run has routes. */
export function routeUse(comparison: Comparison, draw: Draw): Chart | null {
  const names = routeNames(comparison);
  if (names.length === 0) return null;
  const shown = names.slice(0, ROUTES_MAX);
  const rest = names.length > shown.length ? ` The first ${shown.length} of ${names.length} routes are shown.` : '';
  return {
    id: 'route-use',
    title: titleOf(comparison, names[0] ?? ''),
    sentence: `Left: input tokens that a provider’s prompt cache spared. Right: exp of the entropy of the targets’ shares, so that n targets used alike give n.${rest}`,
    legend: comparison.policies.map((run, index) => square(nameOf(run), policyPaint(index))),
    panels: MEASURES.map((measure) => barPanel(comparison, shown, measure, draw)),
    narrowPanels: [],
    columns: 2,
  };
}

function barPanel(comparison: Comparison, names: readonly string[], measure: Measure, draw: Draw): Panel {
  const { policies } = comparison;
  const rowHeight = policies.length * BAR_HEIGHT + ROUTE_GAP;
  const bars = names.flatMap((name, row) =>
    policies.flatMap((run, index) => {
      const use = useOf(run, name);
      if (use === undefined) return [];
      const y1 = row * rowHeight + ROUTE_GAP / 2 + index * BAR_HEIGHT;
      const value = measure.value(use);
      const paint: Paint = policyPaint(index);
      return [{ name, policy: run.name, x1: 0, x2: value, y1, y2: y1 + BAR_HEIGHT - 1.5, paint }];
    }),
  );
  const ticks = linearTicks(Math.max(0.001, ...bars.map((bar) => bar.x2)), 5);
  const height = names.length * rowHeight;
  const marginTop = headingHeight({ title: measure.title, unit: null });
  const letters = Math.floor((MARGIN_LEFT - 12) / LETTER_WIDTH);
  return draw({
    width: WIDTH,
    height: marginTop + height + 42,
    marginLeft: MARGIN_LEFT,
    marginRight: 24,
    marginTop,
    marginBottom: 42,
    title: measure.title,
    titlePaint: null,
    unit: null,
    label: `${measure.title}: ${bars.map((bar) => `${bar.name} with ${bar.policy} ${measure.format(bar.x2)}`).join(', ')}`,
    x: { type: 'linear', domain: [0, ticks[ticks.length - 1] ?? 1] },
    y: { type: 'linear', domain: [height, 0] },
    marks: [
      Plot.gridX([...ticks], { stroke: rolePaint('grid'), strokeOpacity: 1 }),
      ...axisX(ticks, (value) => formatTick(value, measure.format), measure.axis),
      Plot.rect(
        bars.filter((bar) => bar.x2 > 0),
        { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'paint' },
      ),
      ...names.map((name, row) =>
        Plot.text([shorten(name, letters)], {
          frameAnchor: 'left',
          textAnchor: 'end',
          dx: -8,
          y: [row * rowHeight + rowHeight / 2],
          fill: MUTED,
        }),
      ),
    ],
  });
}

/** With what it sticks to, where it does to anything. */
function nameOf({ name, stick }: PolicyRun): string {
  return stick === undefined || stick === 'none' ? name : `${name} (sticks to the ${stick})`;
}

function useOf({ routes = [] }: PolicyRun, name: string): RouteUse | undefined {
  return routes.find(({ route }) => route === name);
}

function titleOf({ policies }: Comparison, whole: string): string {
  const uses = policies.flatMap((run) => {
    const use = useOf(run, whole);
    return use === undefined || use.attempts === 0 ? [] : [{ run, use }];
  });
  const sorted = uses.toSorted((left, right) => right.use.cacheReadRatio - left.use.cacheReadRatio);
  const [most, least] = [sorted[0], sorted.at(-1)];
  if (most === undefined || least === undefined) return 'By route: no attempt was sent';
  const words = ({ run, use }: (typeof uses)[number]): string =>
    `${run.name} reads ${formatPercent(use.cacheReadRatio, 1)} of its input from caches over ${formatPlain(use.effectiveTargets)} targets`;
  if (most === least) return words(most);
  return `${words(most)}; ${least.run.name} ${formatPercent(least.use.cacheReadRatio, 1)} over ${formatPlain(least.use.effectiveTargets)}`;
}
