import { formatPercent, formatSigned } from '../format.ts';

/** A relative error in percent with its sign; what rounds to zero has none: `+1.2 %`, `0.0 %`. */
export function formatError(error: number | null): string {
  const isZero = error !== null && Math.abs(error) < 0.000_5;
  return formatSigned(isZero ? 0 : error, formatPercent);
}
