import * as Plot from '@observablehq/plot';
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import type { Chart, Panel } from '../../charts/chart.ts';
import { axisX, headingHeight, LETTER_WIDTH, type Draw } from '../../charts/draw-panel.ts';
import { linearTicks } from '../../charts/ticks.ts';
import { formatPercent, formatTick, plural, shorten } from '../../format.ts';
import { GRID, MUTED, rolePaint } from '../../palette.ts';
import { changedKnobs } from '../changed-knobs.ts';
import { CANDIDATE_PAINT } from '../tuning-paints.ts';

const WIDTH = 660;
const MARGIN_LEFT = 230;
const VALUE_WIDTH = 60;
const ROW_HEIGHT = 24;
/** Knobs drawn; the table has all. */
const KNOBS_MAX = 20;

/** Which knobs matter? */
export function knobImportance(result: TuningResult, draw: Draw): Chart {
  const entries = result.importance.toSorted((a, b) => b.importance - a.importance);
  return {
    id: 'knob-importance',
    title: titleOf(entries),
    sentence: `By ${result.importanceMethod}. Strong bars: knobs that the candidate has otherwise than the incumbent.${entries.length > KNOBS_MAX ? ` The first ${KNOBS_MAX} of ${entries.length} are shown.` : ''}`,
    legend: [],
    panels: entries.length === 0 ? [] : [panelOf(result, entries.slice(0, KNOBS_MAX), draw)],
    narrowPanels: [],
    columns: 1,
  };
}

function panelOf(result: TuningResult, entries: TuningResult['importance'], draw: Draw): Panel {
  const changed = new Set(changedKnobs(result).map(({ path }) => path));
  const ticks = linearTicks(Math.max(0.01, ...entries.map(({ importance }) => importance)), 5);
  const height = entries.length * ROW_HEIGHT;
  const marginTop = headingHeight({ title: null, unit: null });
  const bars = entries.map(({ path, importance }, row) => ({
    x2: Math.max(0, importance),
    y1: row * ROW_HEIGHT + 5,
    y2: (row + 1) * ROW_HEIGHT - 5,
    paint: changed.has(path) ? CANDIDATE_PAINT : rolePaint('load'),
  }));
  return draw({
    width: WIDTH,
    height: marginTop + height + 42,
    marginLeft: MARGIN_LEFT,
    marginRight: VALUE_WIDTH,
    marginTop,
    marginBottom: 42,
    title: null,
    titlePaint: null,
    unit: null,
    label: `Importance: ${entries.map(({ path, importance }) => `${path} ${formatPercent(importance, 1)}`).join(', ')}`,
    x: { type: 'linear', domain: [0, ticks[ticks.length - 1] ?? 1] },
    y: { type: 'linear', domain: [height, 0] },
    marks: [
      Plot.gridX([...ticks], { stroke: GRID, strokeOpacity: 1 }),
      ...axisX(ticks, (value) => formatTick(value, (share) => formatPercent(share, 0)), 'importance'),
      Plot.rect(bars, { x1: 0, x2: 'x2', y1: 'y1', y2: 'y2', fill: 'paint' }),
      ...entries.flatMap(({ path, importance }, row) => {
        const y = [(row + 0.5) * ROW_HEIGHT];
        return [
          Plot.text([shorten(path, Math.floor((MARGIN_LEFT - 12) / LETTER_WIDTH))], {
            frameAnchor: 'left',
            textAnchor: 'end',
            dx: -8,
            y,
          }),
          Plot.text([formatPercent(importance, 1)], {
            frameAnchor: 'right',
            textAnchor: 'end',
            dx: VALUE_WIDTH - 4,
            y,
            fill: MUTED,
          }),
        ];
      }),
    ],
  });
}

function titleOf(entries: TuningResult['importance']): string {
  const [first] = entries;
  if (first === undefined) return 'Importance of the knobs is not known: too few trials';
  let share = 0;
  let count = 0;
  for (const { importance } of entries) {
    share += Math.max(0, importance);
    count += 1;
    if (share >= 0.8) break;
  }
  if (share < 0.8) return `${first.path} matters most (${formatPercent(first.importance, 0)})`;
  return `${first.path} matters most (${formatPercent(first.importance, 0)}); ${plural(count, 'knob')} of ${entries.length} explain ${formatPercent(Math.min(1, share), 0)}`;
}
