/**
 * Numbers, times and money for people, the same on every machine: no locale is asked, thousands have
 * commas, decimals a point, negatives a true minus sign. `null` (no observation) is an en dash.
 */

const NO_VALUE = '–';
const MINUS = '\u2212';
const NO_BREAK_SPACE = '\u00a0';

export type Formatter = (value: number | null) => string;

/** `text` with a sign in front: `+1.2 s`, `−1.2 s`; zero has none. */
export function formatSigned(value: number | null, format: Formatter): string {
  if (value === null || !Number.isFinite(value)) return NO_VALUE;
  if (value === 0) return format(0);
  return `${value > 0 ? '+' : MINUS}${format(Math.abs(value))}`;
}

/** Whole number with thousands: `12,345`. */
export const formatCount: Formatter = (value) =>
  usable(value) ? withMinus(value, grouped(Math.abs(value), 0)) : NO_VALUE;

/** Ratio 0 to 1 as a percentage with `decimals` decimals (0 to 3): `12.3 %`. */
export function formatPercent(ratio: number | null, decimals = 1): string {
  if (!usable(ratio)) return NO_VALUE;
  return withMinus(ratio, `${grouped(Math.abs(ratio) * 100, decimals)}${NO_BREAK_SPACE}%`);
}

/** A difference of two ratios, in percentage points: `0.42 points`. */
export const formatPoints: Formatter = (ratio) =>
  usable(ratio) ? withMinus(ratio, `${significant(Math.abs(ratio) * 100)}${NO_BREAK_SPACE}points`) : NO_VALUE;

/** USD with three significant digits below 100 dollars and cents above: `$0.0123`, `$4.66`, `$1,234.50`. */
export const formatUsd: Formatter = (value) => {
  if (!usable(value)) return NO_VALUE;
  const size = Math.abs(value);
  return withMinus(value, `$${size === 0 ? '0' : size >= 1 ? grouped(size, 2) : significant(size)}`);
};

/** Time in the unit that suits it: `0.42 ms`, `843 ms`, `1.92 s`, `34.5 s`, `2.5 min`, `3.1 h`. */
export const formatMs: Formatter = (value) => {
  if (!usable(value)) return NO_VALUE;
  const size = Math.abs(value);
  const [scaled, unit] =
    size < 999.5
      ? [size, 'ms']
      : size < 120_000
        ? [size / 1_000, 's']
        : size < 7_200_000
          ? [size / 60_000, 'min']
          : [size / 3_600_000, 'h'];
  return withMinus(value, `${size === 0 ? '0' : significant(scaled)}${NO_BREAK_SPACE}${unit}`);
};

/** A number of no particular unit, three significant digits. */
export const formatPlain: Formatter = (value) =>
  usable(value) ? withMinus(value, value === 0 ? '0' : significant(Math.abs(value))) : NO_VALUE;

/** First 12 characters of a hash: enough to recognise it. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}

/** `text` cut to `limit` characters (at least 5) in its middle, so that both ends stay recognisable. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.ceil((limit - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (limit - 1 - head))}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listWords(words: readonly string[], last: 'and' | 'or' = 'and'): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${last} ${words[words.length - 1] ?? ''}`;
}

/** `1 request`, `2 requests`. */
export function plural(count: number, singular: string, many = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : many}`;
}

/** Three significant digits, no exponent; digits left of the point are all kept. */
function significant(size: number): string {
  if (size === 0) return '0';
  const magnitude = Math.floor(Math.log10(Number(size.toPrecision(3))));
  return grouped(size, Math.min(12, Math.max(0, 2 - magnitude)));
}

function grouped(size: number, decimals: number): string {
  const [whole = '0', fraction] = size.toFixed(decimals).split('.');
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
}

function withMinus(value: number, text: string): string {
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

function usable(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}

/** A length of time that was chosen rather than measured, in its largest unit: `1 min`, `1.5 h`, `7 days`. */
export function formatSpan(ms: number): string {
  const [, unit, unitMs] = SPAN_UNITS.find(([from]) => ms >= from) ?? [0, 'ms', 1];
  return `${trimZeros(formatPlain(ms / unitMs))}${NO_BREAK_SPACE}${unit}`;
}

/** From this length on, the unit, its length; ms. */
const SPAN_UNITS = [
  [172_800_000, 'days', 86_400_000],
  [3_600_000, 'h', 3_600_000],
  [60_000, 'min', 60_000],
  [1_000, 's', 1_000],
] as const;

/** A label of an axis: the same text without zeros that say nothing, `4.00 s` as `4 s`, and a bare 0. */
export function formatTick(value: number, format: Formatter): string {
  return value === 0 ? '0' : trimZeros(format(value));
}

function trimZeros(text: string): string {
  return text.replace(/\.(\d*?)0+(?!\d)/, (_zeros, kept: string) => (kept === '' ? '' : `.${kept}`));
}

/** A name of the log in words: `rate_limited` is `rate limited`. */
export function nameWords(name: string): string {
  return name.replaceAll('_', ' ');
}
