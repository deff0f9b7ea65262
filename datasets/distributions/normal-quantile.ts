const TAIL = 0.02425;

/**
 * Quantile of the standard normal distribution (R's `qnorm`, SciPy's `norm.ppf`), by P. J. Acklam's rational
 * approximation of 2003; relative error below 1.15e-9. The coefficients stand in the expressions, because this is the
 * innermost loop of the generator.
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
  const top =
    ((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r -
      3.066479806614716e1) *
      r +
    2.506628277459239;
  const bottom =
    ((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r -
      1.328068155288572e1) *
      r +
    1;
  return (top * q) / bottom;
}

function tailQuantile(q: number): number {
  const top =
    ((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q +
      4.374664141464968) *
      q +
    2.938163982698783;
  const bottom =
    (((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.75440866174319) * q + 1;
  return top / bottom;
}
