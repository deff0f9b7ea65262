import * as Plot from '@observablehq/plot';
import type { Goodness, GroupFit } from '../../../simulator/calibrate/goodness/goodness.ts';
import { multiples, square, type Chart, type Panel } from '../../charts/chart.ts';
import { axisX, axisY, headingHeight, LETTER_WIDTH, type Draw } from '../../charts/draw-panel.ts';
import { formatCount, plural, shorten } from '../../format.ts';
import { CARD, GRID, MUTED } from '../../palette.ts';
import { OBSERVED_PAINT, SIDES_LEGEND, SIMULATED_DASH, SIMULATED_PAINT } from './sides.ts';

const PANELS_MAX = 6;
const TICKS = [-0.5, 0, 0.5, 1];

interface Lag {
  readonly lag: number;
  readonly observed: number | null;
  readonly simulated: number | null;
  readonly simulatedMin: number | null;
  readonly simulatedMax: number | null;
}

/** Does trouble last as long as in the log? */
export function failureMemory(goodness: Goodness, draw: Draw): Chart {
  const groups = drawnGroups(goodness);
  const { width, columns } = multiples(groups.length);
  return {
    id: 'failure-memory',
    title: titleOf(goodness.all),
    sentence:
      'Correlation of the failure ratio of one minute with that some minutes later: failures that come in spells stay high, single ones drop to zero at once. Between the dotted lines is chance.',
    legend: [...SIDES_LEGEND, square('from least to most of the replicates', SIMULATED_PAINT)],
    panels: groups.map((group) => panelOf(group, draw, Math.min(width, 520))),
    narrowPanels: [],
    columns,
  };
}

/** All together and the targets with most rows, where failures varied. */
function drawnGroups({ all, targets }: Goodness): readonly GroupFit[] {
  const busiest = [...targets].sort((a, b) => b.rows - a.rows).slice(0, PANELS_MAX - 1);
  const shown = targets.length > 1 ? [all, ...targets.filter((group) => busiest.includes(group))] : [all];
  return shown.filter(({ autocorrelation }) =>
    autocorrelation.some(({ observed, simulated }) => observed !== null || simulated !== null),
  );
}

function panelOf(group: GroupFit, draw: Draw, width: number): Panel {
  const name = group.target ?? 'all targets';
  const title = shorten(name, Math.floor(width / LETTER_WIDTH) - 8);
  const unit = `correlation, over ${plural(group.minutes, 'minute')}`;
  const margins = { marginLeft: 40, marginRight: 16, marginTop: headingHeight({ title, unit }), marginBottom: 42 };
  const lags: readonly Lag[] = group.autocorrelation;
  const chance = 1.96 / Math.sqrt(Math.max(4, group.minutes));
  const observed = lags.filter((lag) => lag.observed !== null);
  const simulated = lags.filter((lag) => lag.simulated !== null);
  const clamped = (value: number | null): number => Math.max(-0.5, Math.min(1, value ?? 0));
  const last = lags[lags.length - 1]?.lag ?? 1;
  return draw({
    width,
    height: margins.marginTop + 170 + margins.marginBottom,
    ...margins,
    title,
    titlePaint: null,
    unit,
    label: `${name}: correlation of failures after one minute ${words(lags[0]?.observed ?? null)} observed, ${words(lags[0]?.simulated ?? null)} simulated`,
    x: { type: 'linear', domain: [0.5, last + 0.5] },
    y: { type: 'linear', domain: [-0.5, 1] },
    marks: [
      ...axisY(TICKS, (value) => (value === null ? '' : value.toFixed(1).replace('-', '\u2212'))),
      Plot.areaY(simulated, {
        x: 'lag',
        y1: (lag: Lag) => clamped(lag.simulatedMin),
        y2: (lag: Lag) => clamped(lag.simulatedMax),
        fill: SIMULATED_PAINT,
        fillOpacity: 0.16,
      }),
      Plot.ruleY([0], { stroke: GRID, strokeWidth: 1.5 }),
      Plot.ruleY([-chance, chance].map(clamped), { stroke: MUTED, strokeDasharray: '1 3' }),
      ...axisX(
        lags.map(({ lag }) => lag),
        (value) => formatCount(value),
        'minutes later',
      ),
      Plot.line(simulated, {
        x: 'lag',
        y: (lag: Lag) => clamped(lag.simulated),
        stroke: SIMULATED_PAINT,
        strokeWidth: 2,
        strokeDasharray: SIMULATED_DASH,
      }),
      Plot.line(observed, { x: 'lag', y: (lag: Lag) => clamped(lag.observed), stroke: OBSERVED_PAINT, strokeWidth: 2 }),
      Plot.dot(observed, {
        x: 'lag',
        y: (lag: Lag) => clamped(lag.observed),
        r: 3.5,
        fill: OBSERVED_PAINT,
        stroke: CARD,
      }),
    ],
  });
}

function words(value: number | null): string {
  return value === null ? '–' : value.toFixed(2).replace('-', '\u2212');
}

function titleOf({ autocorrelation }: GroupFit): string {
  const inRange = autocorrelation.filter(
    ({ observed, simulatedMin, simulatedMax }) => observed !== null && simulatedMin !== null && simulatedMax !== null,
  );
  const [first] = autocorrelation;
  if (first === undefined || first.observed === null)
    return 'Too few failures were seen to tell how long trouble lasts';
  if (first.simulated === null) return 'Failures come in the log, but hardly any in the simulation';
  const outside = inRange.find(
    ({ observed, simulatedMin, simulatedMax }) =>
      (observed ?? 0) < (simulatedMin ?? 0) || (observed ?? 0) > (simulatedMax ?? 0),
  );
  if (outside === undefined) return `Trouble lasts as in the log: failures ${correlateWords(first)}`;
  const isLonger = (outside.simulated ?? 0) > (outside.observed ?? 0);
  return `In the simulation trouble lasts ${isLonger ? 'longer' : 'less long'} than in the log: failures ${correlateWords(outside)}`;
}

function correlateWords({ lag, observed, simulated }: Lag): string {
  const apart = lag === 1 ? 'one minute' : `${lag} minutes`;
  return `correlate after ${apart} ${words(observed)} observed, ${words(simulated)} simulated`;
}
