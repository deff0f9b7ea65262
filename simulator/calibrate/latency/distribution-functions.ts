/** Distribution functions that the families of residuals need. */

/**
 * Standard normal distribution function, R `pnorm`: the error function complement by the Chebyshev fit of W. H. Press
 * et al., Numerical Recipes, section 6.2 (`erfcc`), with a relative error below 1.2e-7.
 */
export function normalProbability(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  let sum = 0;
  for (let index = CHEBYSHEV.length - 1; index >= 0; index--) sum = sum * t + CHEBYSHEV[index]!;
  const beyond = (t * Math.exp(-x * x + sum)) / 2;
  return z > 0 ? 1 - beyond : beyond;
}

const CHEBYSHEV = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/**
 * Gamma distribution function of scale 1, R `pgamma`: the series below shape + 1, the continued fraction above, by W.
 * H. Press et al., Numerical Recipes, section 6.2.
 *
 * @param shape > 0
 */
export function gammaProbability(x: number, shape: number): number {
  if (!(x > 0)) return 0;
  const front = Math.exp(shape * Math.log(x) - x - lnGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < 10_000 && term > sum * 1e-14; n++) {
      term *= x / (shape + n);
      sum += term;
    }
    return Math.min(1, front * sum);
  }
  // The continued fraction by the modified method of Lentz.
  const tiny = 1e-300;
  let b = x + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    const a = n * (shape - n);
    b += 2;
    d = 1 / notZero(a * d + b, tiny);
    c = notZero(b + a / c, tiny);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return Math.max(0, 1 - front * fraction);
}

function notZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** ln of the gamma function for x > 0, R `lgamma`: Stirling's series (Abramowitz and Stegun 6.1.41) from 10 upwards. */
function lnGamma(x: number): number {
  let shift = 0;
  let from = x;
  for (; from < 10; from++) shift += Math.log(from);
  const square = 1 / (from * from);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1_260 - square / 1_680))) / from;
  return (from - 0.5) * Math.log(from) - from + Math.log(2 * Math.PI) / 2 + series - shift;
}
