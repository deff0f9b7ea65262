/** Replaces the text of an SVG sheet by strokes of the line alphabet. */
import { BASELINE, layGlyphs, STEPS_PER_EM } from './stroke-font.ts';

type Attributes = Readonly<Record<string, string>>;

/** What `<text>` takes over from the groups around it. */
const INHERITED = ['fill', 'font-size', 'font-weight', 'text-anchor', 'stroke', 'stroke-width'];

const TOKEN = /<text([^>]*)>([^<]*)<\/text>|<(\/?)([a-zA-Z]+)([^>]*?)(\/?)>/g;

/**
 * The same sheet with every `<text>` as a `<path>` in its place, size, weight, colour and alignment. Reads
 * the sheets that this project writes: one line of plain text an element, lengths in pixels or `em`.
 */
export function strokeText(svg: string): string {
  const stack: Attributes[] = [{}];
  return svg.replace(
    TOKEN,
    (
      whole: string,
      textAttributes: string | undefined,
      content: string,
      closing: string,
      _tag: string,
      attributes: string,
      empty: string,
    ) => {
      const outer = stack[stack.length - 1] ?? {};
      if (textAttributes !== undefined)
        return textPath({ ...outer, ...readAttributes(textAttributes) }, decode(content));
      if (closing === '/') stack.pop();
      else if (empty === '') stack.push({ ...outer, ...inheritedOf(readAttributes(attributes)) });
      return whole;
    },
  );
}

function textPath(attributes: Attributes, content: string): string {
  const size = parseFloat(attributes['font-size'] ?? '10');
  const step = size / STEPS_PER_EM;
  const run = layGlyphs(content);
  const anchor = attributes['text-anchor'];
  const shift = anchor === 'middle' ? run.width / 2 : anchor === 'end' ? run.width : 0;
  const left = pixels(attributes['x'], size) - shift * step;
  const baseline = pixels(attributes['y'], size);
  const path = run.strokes
    .map(
      (stroke) =>
        `M${stroke.map(([x, y]) => `${round(left + x * step)} ${round(baseline + (y - BASELINE) * step)}`).join('L')}`,
    )
    .join('');
  const bold = attributes['font-weight'] === 'bold' || Number(attributes['font-weight'] ?? 400) >= 600;
  const width = size * (bold ? 0.13 : 0.085);
  const transform = attributes['transform'] === undefined ? '' : ` transform="${attributes['transform']}"`;
  const shape = `${transform} d="${path}" fill="none" stroke-linecap="round" stroke-linejoin="round"`;
  const halo =
    attributes['stroke'] === undefined || attributes['stroke'] === 'none'
      ? ''
      : `<path${shape} stroke="${attributes['stroke']}" stroke-width="${round(width + parseFloat(attributes['stroke-width'] ?? '1'))}"/>`;
  return `${halo}<path${shape} stroke="${attributes['fill'] ?? 'currentColor'}" stroke-width="${round(width)}"/>`;
}

function readAttributes(text: string): Attributes {
  return Object.fromEntries(
    [...text.matchAll(/([a-zA-Z-]+)="([^"]*)"/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
}

function inheritedOf(attributes: Attributes): Attributes {
  return Object.fromEntries(
    INHERITED.flatMap((name) => (attributes[name] === undefined ? [] : [[name, attributes[name]]])),
  );
}

function pixels(length: string | undefined, fontSize: number): number {
  if (length === undefined) return 0;
  return parseFloat(length) * (length.endsWith('em') ? fontSize : 1);
}

function decode(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
  };
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
