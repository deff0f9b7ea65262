import type { Chart, LegendItem, Panel } from '../charts/chart.ts';
import { FONT_SIZE } from '../charts/axes.ts';
import { escapeMarkup } from './escape.ts';

/** A chart as a figure: its answer, how to read it, legend, drawings. */
export function chartFigure(chart: Chart): string {
  return `<div class="card" id="${chart.id}"><figure><figcaption><h3>${escapeMarkup(chart.title)}</h3>${chart.panels.length === 0 ? '' : `<p>${escapeMarkup(chart.sentence)}</p>`}</figcaption>
${chart.panels.length === 0 ? '<p class="empty">There is nothing to draw.</p>' : legendList(chart.legend) + panelGroups(chart)}
</figure></div>`;
}

/** A coloured square of 12 pixels, for the first cell of a table's row. */
export function swatch(paint: string): string {
  return `<svg viewBox="0 0 12 12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="${paint}"/></svg>`;
}

function panelGroups(chart: Chart): string {
  const narrow = chart.narrowPanels;
  if (narrow.length === 0) return panelGroup(chart.panels, 'panels');
  return `${panelGroup(chart.panels, 'panels has-narrow')}\n${panelGroup(narrow, 'panels narrow')}`;
}

/** Panels may shrink to three quarters of their size before fewer stand side by side. */
function panelGroup(panels: readonly Panel[], classes: string): string {
  const least = Math.round(0.75 * Math.max(...panels.map((panel) => panel.width)));
  const drawn = panels.map((panel) => `<div class="panel" style="max-width:${panel.width}px">${panelSvg(panel)}</div>`);
  return `<div class="${classes}" style="--least:${least}px">\n${drawn.join('\n')}\n</div>`;
}

function panelSvg(panel: Panel): string {
  const size = `width="${panel.width}" height="${panel.height}" viewBox="0 0 ${panel.width} ${panel.height}"`;
  return `<svg role="img" aria-label="${escapeMarkup(panel.label)}" ${size} font-size="${FONT_SIZE}" fill="currentColor" text-anchor="middle">${panel.body}</svg>`;
}

/** What the colours and lines of a chart stand for; nothing when there are none. */
export function legendList(items: readonly LegendItem[]): string {
  if (items.length === 0) return '';
  return `<ul class="legend">${items.map((item) => `<li>${legendMark(item)}${escapeMarkup(item.label)}</li>`).join('')}</ul>\n`;
}

function legendMark(item: LegendItem): string {
  const mark =
    item.mark === 'line'
      ? `<line x1="0" x2="22" y1="6" y2="6" stroke="${item.paint}" stroke-width="2.5" stroke-dasharray="${item.dash}"/>`
      : `<rect x="5" width="12" height="12" rx="2" fill="${item.paint}"/>`;
  return `<svg viewBox="0 0 22 12" aria-hidden="true">${mark}</svg>`;
}
