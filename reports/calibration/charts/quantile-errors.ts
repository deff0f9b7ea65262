import * as Plot from '@observablehq/plot';
import type { Goodness, GroupFit } from '../../../simulator/calibrate/goodness/goodness.ts';
import { square, type Chart, type LegendItem, type Panel } from '../../charts/chart.ts';
import { axisX, HALO, headingHeight, LETTER_WIDTH, type Draw, type Mark } from '../../charts/draw-panel.ts';
import { differenceTicks } from '../../charts/ticks.ts';
import { formatPercent, formatSigned, formatTick, listWords, shorten } from '../../format.ts';
import { GRID, INK, MUTED, rolePaint } from '../../palette.ts';
import { BANDS, judgeGroup, type TargetVerdict, type Verdict } from '../judgement.ts';
import { formatError } from '../error-text.ts';

const WIDTH = 400;
/** A row is nearer to itself than to its neighbours: the name at its top, the bar right under it. */
const ROW_HEIGHT = 40;
const NAME_Y = 10;
const BAR_Y = 25;
/** Column of the figures at the right. */
const VALUE_WIDTH = 62;
const TARGETS_MAX = 24;
/** Targets in the title. */
const NAMED_MAX = 3;
/** Intervals further out than this are cut off at the edge. */
const ERROR_MAX = 0.6;

const PAINTS: Readonly<Record<Verdict, string>> = {
  within: rolePaint('better'),
  off: rolePaint('worse'),
  unclear: rolePaint('unclear'),
  unseen: rolePaint('unclear'),
};

interface Row {
  readonly name: string;
  readonly row: number;
  /** As it is, in words; the numbers are held within the panel. */
  readonly text: string;
  readonly error: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: Verdict;
}

/** How far off are p50, p90 and p99, and may they be? */
export function quantileErrors(goodness: Goodness, draw: Draw): Chart {
  const groups: readonly GroupFit[] =
    goodness.targets.length > 1 ? [goodness.all, ...goodness.targets.slice(0, TARGETS_MAX)] : goodness.targets;
  const verdicts = groups.map(judgeGroup).filter(({ metric }) => metric !== null);
  const reach = reachOf(verdicts);
  return {
    id: 'quantile-errors',
    title: titleOf(verdicts),
    sentence:
      'Simulated against observed, with 95 % intervals; the shaded band is what is allowed. Right of zero the simulation waits too long. First tokens, or durations where few were streamed.',
    legend: LEGEND,
    panels: verdicts.length === 0 ? [] : BANDS.map((_band, index) => panelOf(verdicts, index, reach, draw)),
    narrowPanels: [],
    columns: 3,
  };
}

const LEGEND: readonly LegendItem[] = [
  square('allowed', GRID),
  square('within it', PAINTS.within),
  square('outside, perhaps by chance', PAINTS.unclear),
  square('clearly outside', PAINTS.off),
];

/** One scale for all panels, so that sizes can be compared across them. */
function reachOf(verdicts: readonly TargetVerdict[]): number {
  const ends = verdicts.flatMap(({ quantiles }) =>
    quantiles.flatMap(({ fit }) => [fit?.relativeError, fit?.low95, fit?.high95].flatMap((end) => end ?? [])),
  );
  return Math.min(ERROR_MAX, Math.max(0.2, ...ends.map((end) => Math.abs(end) * 1.08)));
}

function rowsOf(verdicts: readonly TargetVerdict[], quantile: number, reach: number): readonly Row[] {
  const within = (value: number): number => Math.max(-reach, Math.min(reach, value));
  return verdicts.flatMap(({ group, quantiles }, row) => {
    const { fit = null, verdict = 'unseen' } = quantiles[quantile] ?? {};
    if (fit === null || fit.relativeError === null) return [];
    return [
      {
        name: group.target ?? 'all targets',
        row,
        text: formatError(fit.relativeError),
        error: within(fit.relativeError),
        low: fit.low95 === null ? null : within(fit.low95),
        high: fit.high95 === null ? null : within(fit.high95),
        verdict,
      },
    ];
  });
}

function panelOf(verdicts: readonly TargetVerdict[], quantile: number, reach: number, draw: Draw): Panel {
  const { name = '', band = 0 } = BANDS[quantile] ?? {};
  const rows = rowsOf(verdicts, quantile, reach);
  const unit = `${name}: ±${formatPercent(band, 0)} allowed`;
  const margins = {
    marginLeft: 10,
    marginRight: VALUE_WIDTH,
    marginTop: headingHeight({ title: name, unit: null }),
    marginBottom: 42,
  };
  const height = Math.max(1, verdicts.length) * ROW_HEIGHT;
  const letters = Math.floor((WIDTH - VALUE_WIDTH) / LETTER_WIDTH);
  const labels: Mark[] = verdicts.flatMap(({ group, quantiles }, row) => [
    Plot.text([shorten(group.target ?? 'all targets', letters)], {
      y: [row * ROW_HEIGHT + NAME_Y],
      frameAnchor: 'left',
      textAnchor: 'start',
      fontWeight: group.target === null ? 600 : 400,
      fill: INK,
      ...HALO,
    }),
    Plot.text([formatError(quantiles[quantile]?.fit?.relativeError ?? null)], {
      y: [row * ROW_HEIGHT + BAR_Y],
      frameAnchor: 'right',
      textAnchor: 'end',
      dx: VALUE_WIDTH - 4,
      fill: MUTED,
    }),
  ]);
  return draw({
    width: WIDTH,
    height: margins.marginTop + height + margins.marginBottom,
    ...margins,
    title: unit,
    titlePaint: null,
    unit: null,
    label: `Error of ${name}: ${rows.map((row) => `${row.name} ${row.text}`).join(', ') || 'nothing to compare'}`,
    x: { type: 'linear', domain: [-reach * 1.03, reach * 1.03] },
    y: { type: 'linear', domain: [height, 0] },
    marks: [
      Plot.rect([0], { x1: -band, x2: band, y1: 0, y2: height, fill: GRID, fillOpacity: 0.8 }),
      Plot.ruleX([0], { stroke: INK, strokeWidth: 1 }),
      ...labels,
      ...rows.flatMap(marksOfRow),
      ...axisX(
        differenceTicks(-reach, reach, 5),
        (value) =>
          value === 0 ? '0' : formatSigned(value, (size) => formatTick(size ?? 0, (share) => formatPercent(share, 0))),
        'error of the simulation',
      ),
    ],
  });
}

function marksOfRow({ row, error, low, high, verdict }: Row): Mark[] {
  const y = [row * ROW_HEIGHT + BAR_Y];
  const paint = PAINTS[verdict];
  return [
    ...(low === null || high === null
      ? []
      : [
          Plot.link([0], {
            x1: [low],
            x2: [high],
            y1: y,
            y2: y,
            stroke: paint,
            strokeWidth: 2.5,
            strokeLinecap: 'round',
          }),
        ]),
    Plot.dot([error], { x: [error], y, r: 4.5, fill: paint }),
  ];
}

function titleOf(verdicts: readonly TargetVerdict[]): string {
  const targets = verdicts.length > 1 ? verdicts.filter(({ group }) => group.target !== null) : verdicts;
  const judged = targets.filter(({ quantiles }) => quantiles.some(({ verdict }) => verdict !== 'unseen'));
  if (judged.length === 0) return 'Too few answers were seen to judge any wait';
  const outside = judged.filter(({ quantiles }) =>
    quantiles.some(({ verdict }) => verdict === 'off' || verdict === 'unclear'),
  );
  const off = judged.filter(({ quantiles }) => quantiles.some(({ verdict }) => verdict === 'off'));
  const within = judged.length - outside.length;
  const where =
    judged.length === 1 ? '' : ` at ${within === judged.length ? 'all' : `${within} of`} ${judged.length} targets`;
  const said =
    judged.length === 1 && outside.length === 1
      ? 'Some waits are outside of what is allowed'
      : `Usual and slow waits are within what is allowed${where}`;
  if (outside.length === 0) return said;
  return `${said}; ${off.length === 0 ? 'none is clearly outside' : `clearly outside: ${listWords(offNames(off))}`}`;
}

/** Targets with what is clearly off of them: `aurora.main.large (p50 and p90)`. */
function offNames(off: readonly TargetVerdict[]): readonly string[] {
  const names = off.slice(0, NAMED_MAX).map(({ group, quantiles }) => {
    const which = quantiles.flatMap(({ name, verdict }) => (verdict === 'off' ? [name] : []));
    return `${group.target ?? 'all targets'} (${listWords(which)})`;
  });
  return off.length > NAMED_MAX ? [...names, `${off.length - NAMED_MAX} more`] : names;
}
