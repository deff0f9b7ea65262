/** SVG sheets as PNGs, with text even where no font is installed. */
import { Resvg } from '@resvg/resvg-js';
import { LIGHT_THEME, resolvePaints } from '../palette.ts';
import { SHEET_FONTS } from './sheet.ts';
import { strokeText } from './stroke-text.ts';

/** Pixels per CSS pixel, for screens with fine pixels and for print. */
const ZOOM = 2;

const PROBE = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><text x="5" y="30" font-family="${SHEET_FONTS}">M</text></svg>`;

/**
 * A function that draws a sheet (colours as palette roles) in the light theme. Without `loadSystemFonts`, or
 * on a machine that has none, text is drawn in the line alphabet of `stroke-font.ts`.
 */
export function createRasterizer(loadSystemFonts = true): (sheet: string) => Buffer {
  const font = { loadSystemFonts };
  const hasFonts = new Resvg(PROBE, { font }).innerBBox() !== undefined;
  return (sheet) => {
    const drawn = resolvePaints(hasFonts ? sheet : strokeText(sheet), LIGHT_THEME);
    return new Resvg(drawn, { font, background: '#ffffff', fitTo: { mode: 'zoom', value: ZOOM } }).render().asPng();
  };
}
