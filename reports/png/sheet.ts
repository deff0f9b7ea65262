/** A chart as one picture: title, legend and panels on a white sheet, for the PNGs. */
import type { Chart, LegendItem, Panel } from '../charts/chart.ts';
import { FONT_SIZE, LETTER_WIDTH } from '../charts/draw-panel.ts';
import { escapeMarkup } from '../page/escape.ts';

const PADDING = 20;
const GAP = 24;
const TITLE_SIZE = 17;
const TITLE_LINE = 24;
const TITLE_LETTER = 10.4;
const LEGEND_LINE = 19;
const SHEET_MIN = 560;

/** First choices for the text of a sheet; the renderer takes the first that the machine has. */
export const SHEET_FONTS = 'DejaVu Sans, Liberation Sans, Noto Sans, Open Sans, Arial, Helvetica, Segoe UI, sans-serif';

/** The sheet as an SVG document with colours as roles; `null` when the chart has no panel. */
export function chartSheet(chart: Chart): string | null {
  if (chart.panels.length === 0) return null;
  const columns = Math.min(chart.columns, chart.panels.length);
  const panelWidth = Math.max(...chart.panels.map((panel) => panel.width));
  const width = Math.max(SHEET_MIN, columns * panelWidth + (columns - 1) * GAP + 2 * PADDING);
  const title = wrapWords(chart.title, Math.floor((width - 2 * PADDING) / TITLE_LETTER));
  const legend = layLegend(chart.legend, width - 2 * PADDING);
  const titleBottom = PADDING + title.length * TITLE_LINE;
  const legendTop = titleBottom + 6;
  const panelsTop = legendTop + legend.rows * LEGEND_LINE + 14;
  const panels = placePanels(chart.panels, columns, panelWidth, panelsTop);
  const height = panels.bottom + PADDING;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${SHEET_FONTS}" font-size="${FONT_SIZE}" fill="currentColor">`,
    ...title.map((line, index) =>
      text(line, PADDING, PADDING + index * TITLE_LINE + TITLE_SIZE, `font-size="${TITLE_SIZE}" font-weight="bold"`),
    ),
    ...legend.items.map(({ item, x, row }) => legendMark(item, PADDING + x, legendTop + row * LEGEND_LINE)),
    ...panels.placed.map(
      ({ panel, x, y }) => `<g transform="translate(${x},${y})" text-anchor="middle">${panel.body}</g>`,
    ),
    '</svg>',
  ].join('\n');
}

/** Words in lines of at most `limit` letters; a longer word has a line of its own. */
export function wrapWords(sentence: string, limit: number): readonly string[] {
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= limit) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function layLegend(
  items: readonly LegendItem[],
  width: number,
): { readonly rows: number; readonly items: readonly { item: LegendItem; x: number; row: number }[] } {
  let x = 0;
  let row = 0;
  const placed = items.map((item) => {
    const itemWidth = 26 + item.label.length * (LETTER_WIDTH + 0.5) + 14;
    if (x > 0 && x + itemWidth > width) {
      x = 0;
      row += 1;
    }
    const place = { item, x, row };
    x += itemWidth;
    return place;
  });
  return { rows: placed.length === 0 ? 0 : row + 1, items: placed };
}

function legendMark(item: LegendItem, x: number, y: number): string {
  const middle = y + LEGEND_LINE / 2;
  const mark =
    item.mark === 'line'
      ? `<line x1="${x}" x2="${x + 20}" y1="${middle}" y2="${middle}" stroke="${item.paint}" stroke-width="2.5" stroke-dasharray="${item.dash}"/>`
      : `<rect x="${x + 6}" y="${middle - 6}" width="12" height="12" rx="2" fill="${item.paint}"/>`;
  return mark + text(item.label, x + 25, middle + 4, '');
}

function placePanels(
  panels: readonly Panel[],
  columns: number,
  panelWidth: number,
  top: number,
): { readonly bottom: number; readonly placed: readonly { panel: Panel; x: number; y: number }[] } {
  let y = top;
  const placed: { panel: Panel; x: number; y: number }[] = [];
  for (let start = 0; start < panels.length; start += columns) {
    const row = panels.slice(start, start + columns);
    row.forEach((panel, column) => placed.push({ panel, x: PADDING + column * (panelWidth + GAP), y }));
    y += Math.max(...row.map((panel) => panel.height)) + GAP;
  }
  return { bottom: y - GAP, placed };
}

function text(content: string, x: number, y: number, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeMarkup(content)}</text>`;
}
