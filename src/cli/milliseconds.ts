/** A time in a table for people: whole milliseconds, from ten seconds on in seconds; `-` for none. */
export function milliseconds(value: number | null): string {
  if (value === null) return '-';
  return value >= 10_000 ? `${(value / 1_000).toFixed(1)} s` : `${Math.round(value)} ms`;
}
