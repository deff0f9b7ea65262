/** A Kolmogorov-Smirnov distance with three decimals: finer differences mean nothing. */
export function formatDistance(ks: number | null): string {
  return ks === null ? '–' : ks.toFixed(3);
}
