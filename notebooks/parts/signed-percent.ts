import { formatPercent, formatSigned } from '../../reports/format.ts';

/** Whole percent with a sign; what rounds to nothing has none. */
export function percentSigned(value: number | null): string {
  return formatSigned(value !== null && Math.abs(value) < 0.005 ? 0 : value, (ratio) => formatPercent(ratio, 0));
}
