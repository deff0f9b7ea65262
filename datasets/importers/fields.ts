import { TOKENS_MAX } from '../trace-columns.ts';

/** A value that was read, or the reason why it could not be. */
export type Field<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

const PLAIN_INTEGER = /^\d{1,10}$/;

/** A count of tokens, 0 to 2^31 - 1, from text. */
export function readTokens(name: string, text: string | undefined): Field<number> {
  const value = text !== undefined && PLAIN_INTEGER.test(text) ? Number(text) : NaN;
  if (value <= TOKENS_MAX) return { ok: true, value };
  return { ok: false, reason: `${name} is ${quote(text)}, but has to be a whole number from 0 to ${TOKENS_MAX}` };
}

/** A finite number from text; `1e3` counts, an empty text does not. */
export function readNumber(name: string, text: string | undefined): Field<number> {
  const value = text === undefined || text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return { ok: true, value };
  return { ok: false, reason: `${name} is ${quote(text)}, but has to be a number` };
}

/** A value as a message shows it; long ones are cut. */
export function quote(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === '') return 'empty';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
