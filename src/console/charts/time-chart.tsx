import { formatTick, type Formatter } from '../../../reports/format.ts';
import { linearTicks } from '../../../reports/charts/ticks.ts';
import type { Paint } from '../../../reports/palette.ts';
import { hourText } from '../clock-text.ts';
import { clockTicks, highest, stretches } from './time-cells.ts';
import { useWidth } from './use-width.ts';

export interface ChartLine {
  readonly name: string;
  readonly paint: Paint;
  /** As in `stroke-dasharray`, so that colour is not the only difference. */
  readonly dash: string;
  /** One a cell; null: a gap. */
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
}

export interface TimeChartProps {
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** In words: `the last hour`. */
  readonly span: string;
  readonly cellMs: number;
  readonly startMs: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: Formatter;
}

/** In px: the drawing is as wide as its frame, so that its letters are as large as others. */
const HEIGHT = 160;
const LEFT = 52;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 134;
/** A label of the clock needs so much room, px. */
const TICK_ROOM = 60;
/** And half of one is so wide, px. */
const TICK_HALF = 18;

/** Lines over time, drawn as the reports draw them: few ticks, a quiet grid, gaps where nothing was seen. */
export function TimeChart({ title, fromMs, toMs, span, cellMs, startMs, lines, format }: TimeChartProps) {
  const { width, frame } = useWidth();
  const plot = { left: LEFT, right: Math.max(LEFT + 1, width - RIGHT), top: TOP, bottom: BOTTOM };
  const most = highest(lines.flatMap(({ values }) => values)) ?? 0;
  const ticks = linearTicks(most, 4);
  const top = ticks.at(-1) ?? 1;
  const x = (ms: number): number => plot.left + ((ms - fromMs) / (toMs - fromMs)) * (plot.right - plot.left);
  const y = (value: number): number => plot.bottom - (value / top) * (plot.bottom - plot.top);
  const offsetMs = -new Date(toMs).getTimezoneOffset() * 60_000;
  const middles = startMs.map((start) => x(start + cellMs / 2));
  const isEmpty = lines.every(({ values }) => values.every((value) => value === null || value === 0));
  return (
    <figure class="card chart">
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {lines.map((line) => (
            <li key={line.name}>
              <LineSample line={line} />
              {line.name} <strong>{format(lastOf(line))}</strong>
            </li>
          ))}
        </ul>
      </figcaption>
      <svg ref={frame} height={HEIGHT} role="img" aria-label={describe(title, span, lines, format)}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={plot.left} x2={plot.right} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={plot.left - 6} y={y(tick) + 4} text-anchor="end">
              {formatTick(tick, format)}
            </text>
          </g>
        ))}
        {clockTicks(fromMs, toMs, Math.max(2, Math.floor((plot.right - plot.left) / TICK_ROOM)), offsetMs).map(
          (tick) => (
            <text key={tick} class="tick" x={Math.min(x(tick), width - TICK_HALF)} y={HEIGHT - 8} text-anchor="middle">
              {hourText(tick)}
            </text>
          ),
        )}
        {lines.map((line) => (
          <LinePaths key={line.name} line={line} middles={middles} y={y} />
        ))}
        {isEmpty ? (
          <text class="tick" x={(plot.left + plot.right) / 2} y={(plot.top + plot.bottom) / 2} text-anchor="middle">
            nothing in this time
          </text>
        ) : null}
      </svg>
    </figure>
  );
}

interface LinePathsProps {
  readonly line: ChartLine;
  readonly middles: readonly number[];
  readonly y: (value: number) => number;
}

function LinePaths({ line: { values, paint, dash, isFilled }, middles, y }: LinePathsProps) {
  const xOf = (index: number): string => (middles[index] ?? 0).toFixed(1);
  const yOf = (index: number): string => y(values[index] ?? 0).toFixed(1);
  return (
    <>
      {stretches(values).map(([first, last]) => {
        if (first === last) return <circle key={first} cx={xOf(first)} cy={yOf(first)} r={2.2} fill={paint} />;
        const points = Array.from({ length: last - first + 1 }, (_unused, index) => {
          const position = first + index;
          return `${xOf(position)} ${yOf(position)}`;
        }).join('L');
        const floor = `L${xOf(last)} ${BOTTOM}L${xOf(first)} ${BOTTOM}Z`;
        return (
          <g key={first}>
            {isFilled === true ? <path class="area" d={`M${points}${floor}`} fill={paint} /> : null}
            <path class="line" d={`M${points}`} stroke={paint} stroke-dasharray={dash} />
          </g>
        );
      })}
    </>
  );
}

function LineSample({ line: { paint, dash } }: { readonly line: ChartLine }) {
  return (
    <svg class="sample" viewBox="0 0 22 12" aria-hidden="true">
      <path class="line" d="M1 6H21" stroke={paint} stroke-dasharray={dash} />
    </svg>
  );
}

function lastOf({ values }: ChartLine): number | null {
  return values.at(-1) ?? null;
}

function describe(title: string, span: string, lines: readonly ChartLine[], format: Formatter): string {
  const words = lines.map(
    (line) => `${line.name} now ${format(lastOf(line))}, highest ${format(highest(line.values))}`,
  );
  return `${title}, ${span}: ${words.join('; ')}. The table below has the figures.`;
}
