import * as z from 'zod';
import { BadInput } from './bad-input.ts';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION_TEXT = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const EXPECTED = 'expected a duration: milliseconds, or text such as 500ms, 30s, 10m, 2h, 1d';

/**
 * Milliseconds of a duration as people write it: a number of milliseconds or a number with a unit, for
 * example `500ms`, `30s`, `1.5h`, `1d`. Never negative.
 *
 * @throws BadInput when it is neither
 */
export function parseDuration(text: string | number): number {
  const durationMs = typeof text === 'number' ? text : textToMs(text.trim());
  if (!Number.isFinite(durationMs) || durationMs < 0) throw new BadInput(`${EXPECTED}; got "${text}"`);
  return durationMs;
}

function textToMs(text: string): number {
  const parts = DURATION_TEXT.exec(text);
  if (parts === null) return text === '' ? NaN : Number(text);
  return Number(parts[1]) * UNIT_MS[parts[2] as keyof typeof UNIT_MS];
}

/** A field of a file that holds a duration; the parsed value is in milliseconds, >= 0. */
export const durationMs = z
  .union([z.number().min(0), z.string().regex(DURATION_TEXT, { error: EXPECTED })], { error: EXPECTED })
  .transform(parseDuration)
  .meta({ description: 'Milliseconds, or text such as 500ms, 30s, 10m, 2h, 1d' });

/** As {@link durationMs}, but more than nothing. */
export const positiveDurationMs = durationMs.pipe(z.number().gt(0));
