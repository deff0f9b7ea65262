/**
 * A plain line alphabet for machines without any font, on which a renderer would leave all text out. Made
 * for this project: each glyph is a few straight strokes on a grid. A stroke is a run of points, two base-36
 * digits each: x from 0 at the left, y from 0 at the top of capitals over 12 (`c`) at the baseline to 16.
 */

/** Grid steps of an em: capitals are 12 high, about 0.72 em. */
export const STEPS_PER_EM = 16.6;
/** The baseline's y. */
export const BASELINE = 12;

const GAP = 3.2;
const SPACE = 5.5;
const UNKNOWN = '000c7c7000';

const GLYPHS: Readonly<Record<string, string>> = {
  A: '0c408c 1878',
  B: '0c00507274560656 56787a5c0c',
  C: '826020020a2c6c8a',
  D: '0c005083895c0c',
  E: '70000c7c 0656',
  F: '70000c 0656',
  G: '826020020a2c6c8a8757',
  H: '000c 808c 0686',
  I: '000c',
  J: '505a3c2c0a',
  K: '000c 7008 357c',
  L: '000c7c',
  M: '0c0057a0ac',
  N: '0c008c80',
  O: '6020020a2c6c8a8260',
  P: '0c006082856707',
  Q: '6020020a2c6c8a8260 599d',
  R: '0c006082856707 478c',
  S: '82602002042666888a6c2c0a',
  T: '0080 404c',
  U: '000a2c6c8a80',
  V: '004c80',
  W: '003c629cc0',
  X: '008c 800c',
  Y: '004680 464c',
  Z: '00800c8c',
  a: '664424060a2c4c6a 646c',
  b: '000c 062444666a4c2c0a',
  c: '664424060a2c4c6a',
  d: '606c 664424060a2c4c6a',
  e: '0868664424060a2c4c6a',
  f: '5040222c 0444',
  g: '646e4g2g0e 664424060a2c4c6a',
  h: '000c 062444666c',
  i: '040c 0001',
  j: '242e1g0g 2021',
  k: '000c 5409 276c',
  l: '000a2c',
  m: '040c 062434565c 567484a6ac',
  n: '040c 062444666c',
  o: '4424060a2c4c6a6644',
  p: '040g 062444666a4c2c0a',
  q: '646g 664424060a2c4c6a',
  r: '040c 06244455',
  s: '6554140507185869' + '6b5c1c0b',
  t: '202a4c5c 0454',
  u: '040a2c4c6a 646c',
  v: '043c64',
  w: '042c558ca4',
  x: '046c 640c',
  y: '043c 641g',
  z: '04640c6c',
  '0': '5020020a2c5c7a7250',
  '1': '02303c',
  '2': '02205072740c7c',
  '3': '02205072745626 56787a5c2c0a',
  '4': '6c600888',
  '5': '7010062555777a5c2c0a',
  '6': '6030040a2c5c7a77552507',
  '7': '00703c',
  '8': '26040220507274562608' + '0a2c5c7a7856',
  '9': '1c4c787250200205275775',
  '.': '0b0c',
  ',': '1b0e',
  ':': '0506 0b0c',
  ';': '1516 1b0e',
  '!': '0008 0b0c',
  '?': '0220407274' + '4748 4b4c',
  '-': '0757',
  '\u2212': '0888',
  '–': '0787',
  '+': '0888 444c',
  '=': '0686 0a8a',
  '*': '3036 0135 0531',
  '/': '600d',
  '\\': '006d',
  '|': '000e',
  _: '0d8d',
  '%': '900c 2002244220 785a7c9a78',
  $: '82602002042666888a6c2c0a 404e',
  '#': '200c 804c 0484 0888',
  '&': '8c1311305153080a2c5c87',
  '@': '9966486b9b9' + '4602 0a3d8d',
  '(': '3004093d',
  ')': '0034390d',
  '[': '30000d3d',
  ']': '00303d0d',
  '{': '4020250627' + '2d4d',
  '}': '00202546' + '272d0d',
  '<': '72077c',
  '>': '02770c',
  '^': '044084',
  '~': '08266888',
  '`': '0023',
  "'": '0003',
  '"': '0003 3033',
  '“': '1003 4033',
  '”': '1003 4033',
  '’': '1003',
  '·': '0708',
  '…': '0b0c 4b4c 8b8c',
};

export interface GlyphRun {
  /** Points of each stroke in grid steps, from x = 0. */
  readonly strokes: readonly (readonly (readonly [x: number, y: number])[])[];
  /** Grid steps from start to end. */
  readonly width: number;
}

/** The strokes of a line of text; letters that the alphabet lacks are boxes. */
export function layGlyphs(text: string): GlyphRun {
  const strokes: (readonly (readonly [number, number])[])[] = [];
  let x = 0;
  for (const letter of text) {
    if (letter === ' ' || letter === '\u00a0') {
      x += SPACE;
      continue;
    }
    let widest = 0;
    for (const stroke of (GLYPHS[letter] ?? UNKNOWN).split(' ')) {
      const points = pointsOf(stroke);
      widest = Math.max(widest, ...points.map(([pointX]) => pointX));
      strokes.push(points.map(([pointX, pointY]) => [x + pointX, pointY] as const));
    }
    x += widest + GAP;
  }
  return { strokes, width: Math.max(0, x - GAP) };
}

function pointsOf(stroke: string): readonly (readonly [number, number])[] {
  return (stroke.match(/../g) ?? []).map(
    (pair) => [parseInt(pair.charAt(0), 36), parseInt(pair.charAt(1), 36)] as const,
  );
}
