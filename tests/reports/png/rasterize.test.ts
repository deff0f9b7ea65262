import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { drawCharts } from '../../../reports/charts/all-charts.ts';
import { LIGHT_THEME, resolvePaints } from '../../../reports/palette.ts';
import { createRasterizer } from '../../../reports/png/rasterize.ts';
import { chartSheet, wrapWords } from '../../../reports/png/sheet.ts';
import { layGlyphs } from '../../../reports/png/stroke-font.ts';
import { strokeText } from '../../../reports/png/stroke-text.ts';
import { DEGENERATE } from '../degenerate-comparisons.ts';
import { fixtureComparison, MANY, RANKED, WEIGHTED } from '../fixture-comparison.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Share of pixels that are not white. */
function inkShare(sheet: string): number {
  const { pixels } = new Resvg(sheet, { font: { loadSystemFonts: false }, background: '#ffffff' }).render();
  let dark = 0;
  for (let index = 0; index < pixels.length; index += 4) if ((pixels[index] ?? 255) < 250) dark += 1;
  return dark / (pixels.length / 4);
}

describe('PNGs', () => {
  it('are PNGs of the size of the sheet, twice as fine', async () => {
    const charts = await drawCharts(fixtureComparison());
    const rasterize = createRasterizer();
    for (const chart of Object.values(charts)) {
      const sheet = chartSheet(chart) ?? '';
      const png = rasterize(sheet);
      expect([...png.subarray(0, 8)]).toEqual(SIGNATURE);
      expect(png.length).toBeGreaterThan(8_000);
      expect(png.readUInt32BE(16)).toBe(Math.round(2 * Number(/width="([\d.]+)"/.exec(sheet)?.[1])));
    }
  });

  it('survive hostile names and eight policies', async () => {
    const charts = await drawCharts(fixtureComparison([{ ...RANKED, name: '<script>&nbsp;"\'' }, ...MANY.slice(1)]));
    const rasterize = createRasterizer(false);
    for (const chart of Object.values(charts)) expect(rasterize(chartSheet(chart) ?? '').length).toBeGreaterThan(8_000);
  });

  it.each(DEGENERATE)('have well-formed sheets for %s', async (_name, comparison) => {
    for (const chart of Object.values(await drawCharts(comparison))) {
      const sheet = chartSheet(chart);
      expect(sheet === null).toBe(chart.panels.length === 0);
      if (sheet === null) continue;
      // The renderer's parser is strict about XML and numbers.
      expect(new Resvg(strokeText(resolvePaints(sheet, LIGHT_THEME))).width).toBeGreaterThan(500);
    }
  });

  it('have their text on a machine without fonts, where a renderer alone draws none', async () => {
    const { pairedDifferences } = await drawCharts(fixtureComparison([RANKED, WEIGHTED]));
    const sheet = (chartSheet(pairedDifferences) ?? '').replace(/var\(--[a-z0-9-]+\)|currentColor/g, '#000000');
    const stroked = strokeText(sheet);
    expect(stroked).not.toContain('<text');
    expect(inkShare(stroked)).toBeGreaterThan(inkShare(sheet) + 0.01);
  });
});

describe('the line alphabet', () => {
  it('has every letter that reports write', () => {
    const unknown = layGlyphs('\u{1f600}').strokes;
    const letters =
      ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~·–−…“”’';
    for (const letter of letters.replace(' ', '')) expect(layGlyphs(letter).strokes).not.toEqual(unknown);
    const drawings = Array.from(letters.replace(' ', ''), (letter) => JSON.stringify(layGlyphs(letter).strokes));
    // The two quotation marks are drawn alike; all other letters differ.
    expect(new Set(drawings).size).toBe(drawings.length - 1);
  });

  it('keeps its strokes on the grid', () => {
    for (let code = 33; code < 127; code += 1) {
      for (const stroke of layGlyphs(String.fromCharCode(code)).strokes) {
        expect(stroke.length).toBeGreaterThan(1);
        for (const [x, y] of stroke) {
          expect(x).toBeLessThanOrEqual(12);
          expect(y).toBeLessThanOrEqual(16);
        }
      }
    }
  });

  it('puts text where the renderer would: anchored, sized, inherited from its groups', () => {
    const path = (attributes: string): string => strokeText(`<g ${attributes}><text x="100" y="0.5em">HH</text></g>`);
    const lefts = (svg: string): number[] => [...svg.matchAll(/M(-?[\d.]+) /g)].map((match) => Number(match[1]));
    expect(Math.min(...lefts(path('font-size="20"')))).toBe(100);
    expect(Math.max(...lefts(path('font-size="20" text-anchor="end"')))).toBeCloseTo(100, 1);
    expect(path('font-size="20" fill="#123456"')).toContain('stroke="#123456"');
    expect(path('font-size="20"')).toContain(' 10');
    expect(strokeText('<text x="0" y="0">a&lt;b</text>').match(/M/g)?.length).toBe(layGlyphs('a<b').strokes.length);
  });
});

describe('titles', () => {
  it('are broken between words', () => {
    expect(wrapWords('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrapWords('incomprehensibilities', 5)).toEqual(['incomprehensibilities']);
  });
});
