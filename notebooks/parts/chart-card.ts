/** Charts on the pages of notebooks: the reports' card, legend, axes and headings, drawn by the page itself. */
import * as Plot from '@observablehq/plot';
import { axisX, FONT_SIZE, heading, headingHeight, type Mark } from '../../reports/charts/axes.ts';
import type { LegendItem } from '../../reports/charts/chart.ts';
import { legendList } from '../../reports/page/chart-figure.ts';
import { escapeMarkup } from '../../reports/page/escape.ts';
import { pageElement, type PageElement } from './page-element.ts';

/** One drawing. */
export interface PanelOptions {
  readonly width: number;
  /** Of the plot itself, without heading and axis. */
  readonly plotHeight: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly title?: string;
  /** Colour of the swatch in front of the title. */
  readonly titlePaint?: string;
  /** What the vertical axis counts. */
  readonly unit?: string;
  /** What a screen reader says of it. */
  readonly label: string;
  readonly x: Plot.ScaleOptions;
  readonly y: Plot.ScaleOptions;
  /** Labels of the horizontal axis; none when left out. */
  readonly ticks?: {
    readonly at: readonly number[];
    readonly format: (value: number) => string;
    readonly name: string;
  };
  readonly marks: readonly Mark[];
}

export interface ChartCard {
  /** The answer, in words. */
  readonly title: string;
  /** What to see in it, one or two sentences. */
  readonly sentence: string;
  readonly legend?: readonly LegendItem[];
  readonly panels: readonly PanelOptions[];
}

const AXIS_HEIGHT = 40;
/** A drawing wider than this would be unreadable on a phone: there it keeps a size and can be pushed sideways. */
const WIDE_FROM = 560;

/** What Plot is asked to draw. */
export function plotOptions(panel: PanelOptions): Plot.PlotOptions {
  const { width, plotHeight, marginLeft, marginRight, title = null, titlePaint = null, unit = null, ticks } = panel;
  const marginTop = headingHeight({ title, unit });
  const marginBottom = ticks === undefined ? 8 : AXIS_HEIGHT;
  const axis = ticks === undefined ? [] : axisX(ticks.at, ticks.format, ticks.name);
  return {
    width,
    height: marginTop + plotHeight + marginBottom,
    marginLeft,
    marginRight,
    marginTop,
    marginBottom,
    ariaLabel: panel.label,
    style: { fontSize: `${FONT_SIZE}px`, overflow: 'visible' },
    x: { axis: null, ...panel.x },
    y: { axis: null, ...panel.y },
    color: { type: 'identity' },
    marks: [...axis, ...panel.marks, ...heading({ marginLeft, marginTop, title, titlePaint, unit })],
  };
}

/** A card with the chart's answer, how to read it, its legend and its drawings. */
export function chartCard({ title, sentence, legend = [], panels }: ChartCard): PageElement {
  const card = pageElement('div', 'card');
  card.innerHTML = `<figure><figcaption><h3>${escapeMarkup(title)}</h3><p>${escapeMarkup(sentence)}</p></figcaption>${legendList(legend)}</figure>`;
  const drawings = pageElement('div', 'panels');
  const least = Math.round(0.75 * Math.max(...panels.map(({ width }) => width)));
  drawings.setAttribute('style', `--least:${least}px`);
  for (const panel of panels) {
    const holder = pageElement('div', panel.width > WIDE_FROM ? 'panel wide' : 'panel');
    holder.setAttribute('style', `max-width:${panel.width}px`);
    holder.append(Plot.plot(plotOptions(panel)));
    drawings.append(holder);
  }
  card.append(drawings);
  return card;
}
