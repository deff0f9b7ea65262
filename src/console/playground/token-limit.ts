/** The most tokens that an answer may have, as typed into a field. */
export interface TokenLimit {
  /** Null: no limit. */
  readonly tokens: number | null;
  /** What is wrong with what was typed; null: nothing. */
  readonly problem: string | null;
}

/** @param text empty: no limit */
export function tokenLimitOf(text: string): TokenLimit {
  const typed = text.trim();
  if (typed === '') return { tokens: null, problem: null };
  const tokens = /^\d+$/.test(typed) ? Number(typed) : 0;
  if (tokens >= 1 && Number.isSafeInteger(tokens)) return { tokens, problem: null };
  return { tokens: null, problem: `Expected a whole number of at least 1, or nothing for no limit; got "${typed}".` };
}
