/** Numerators and denominators of the two rational approximations, highest power first. */
const CENTRE_TOP = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
] as const;
const CENTRE_BOTTOM = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
] as const;
const TAIL_TOP = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
] as const;
const TAIL_BOTTOM = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.75440866174319] as const;
const TAIL = 0.02425;

/**
 * Quantile of the standard normal distribution (R's `qnorm`, SciPy's `norm.ppf`), by P. J. Acklam's rational
 * approximation of 2003; relative error below 1.15e-9.
 *
 * @param p in (0, 1); 0 gives -Infinity and 1 gives Infinity
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  if (p < TAIL) return tailQuantile(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - TAIL) return -tailQuantile(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  const [a0, a1, a2, a3, a4, a5] = CENTRE_TOP;
  const [b0, b1, b2, b3, b4] = CENTRE_BOTTOM;
  const top = ((((a0 * r + a1) * r + a2) * r + a3) * r + a4) * r + a5;
  const bottom = ((((b0 * r + b1) * r + b2) * r + b3) * r + b4) * r + 1;
  return (top * q) / bottom;
}

function tailQuantile(q: number): number {
  const [c0, c1, c2, c3, c4, c5] = TAIL_TOP;
  const [d0, d1, d2, d3] = TAIL_BOTTOM;
  return (((((c0 * q + c1) * q + c2) * q + c3) * q + c4) * q + c5) / ((((d0 * q + d1) * q + d2) * q + d3) * q + 1);
}
