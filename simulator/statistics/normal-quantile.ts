/**
 * Inverse of the standard normal distribution function: Algorithm AS 241, routine PPND16, of M. J. Wichura
 * (Applied Statistics 37, 1988, 477-484), accurate to about 1 part in 10^16; the algorithm behind R `qnorm`.
 * One uniform gives one normal, so normals can be drawn from keyed uniforms.
 */

/** Half of the step of a 32-bit uniform: moves a draw to the middle of its step, away from 0 and 1. */
const HALF_STEP = 2 ** -33;

function central(q: number): number {
  const r = 0.180625 - q * q;
  const above =
    ((((((2.509080928730122673e3 * r + 3.343057558358812811e4) * r + 6.726577092700870085e4) * r +
      4.592195393154987146e4) *
      r +
      1.373169376550946113e4) *
      r +
      1.971590950306551443e3) *
      r +
      1.331416678917843775e2) *
      r +
    3.387132872796366608;
  const below =
    ((((((5.226495278852854561e3 * r + 2.87290857357219427e4) * r + 3.930789580009271061e4) * r +
      2.121379430158659587e4) *
      r +
      5.394196021424751108e3) *
      r +
      6.871870074920579083e2) *
      r +
      4.23133307016009113e1) *
      r +
    1;
  return (q * above) / below;
}

function shoulder(r: number): number {
  const above =
    ((((((7.74545014278341408e-4 * r + 2.27238449892691846e-2) * r + 2.41780725177450612e-1) * r +
      1.27045825245236838) *
      r +
      3.64784832476320461) *
      r +
      5.7694972214606914) *
      r +
      4.6303378461565453) *
      r +
    1.42343711074968358;
  const below =
    ((((((1.05075007164441684e-9 * r + 5.475938084995344946e-4) * r + 1.51986665636164572e-2) * r +
      1.4810397642748007459e-1) *
      r +
      6.8976733498510000455e-1) *
      r +
      1.6763848301838038494) *
      r +
      2.05319162663775882187) *
      r +
    1;
  return above / below;
}

function tail(r: number): number {
  const above =
    ((((((2.01033439929228813e-7 * r + 2.71155556874348758e-5) * r + 1.24266094738807844e-3) * r +
      2.65321895265761231e-2) *
      r +
      2.9656057182850489123e-1) *
      r +
      1.7848265399172913358) *
      r +
      5.4637849111641143699) *
      r +
    6.6579046435011037772;
  const below =
    ((((((2.04426310338993979e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r +
      7.868691311456132591e-4) *
      r +
      1.48753612908506148525e-2) *
      r +
      1.3692988092273580531e-1) *
      r +
      5.9983220655588793769e-1) *
      r +
    1;
  return above / below;
}

/**
 * The value below which a standard normal variable falls with the given probability.
 *
 * @param probability 0 to 1; 0 and 1 give -Infinity and Infinity, anything else outside gives NaN
 */
export function normalQuantile(probability: number): number {
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) return central(q);
  if (!(probability >= 0 && probability <= 1)) return NaN;
  if (probability === 0) return -Infinity;
  if (probability === 1) return Infinity;
  const r = Math.sqrt(-Math.log(q < 0 ? probability : 1 - probability));
  const size = r <= 5 ? shoulder(r - 1.6) : tail(r - 5);
  return q < 0 ? -size : size;
}

/**
 * A standard normal draw from a keyed uniform draw; always finite, at most about 6.4 in size.
 *
 * @param uniform in [0, 1), with 32 bits of resolution
 */
export function normalFromUniform(uniform: number): number {
  return normalQuantile(uniform + HALF_STEP);
}

/**
 * A lognormal draw from a keyed uniform draw: median x exp(sigma x normal).
 *
 * @param sigma standard deviation of ln, >= 0; 0 gives the median
 */
export function lognormalFromUniform(uniform: number, median: number, sigma: number): number {
  return sigma === 0 ? median : median * Math.exp(sigma * normalFromUniform(uniform));
}
