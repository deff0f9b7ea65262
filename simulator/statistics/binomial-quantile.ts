/**
 * The least k with P(X <= k) >= q for X ~ Binomial(n, p), as R's `qbinom(q, n, p)`. Sums the probabilities from 0 up,
 * so it is meant for n in the hundreds.
 *
 * @param n a whole number, n x p below some 600, beyond which the first probability is no number any more
 * @param p above 0, below 1
 * @param q above 0, below 1
 */
export function binomialQuantile(n: number, p: number, q: number): number {
  let probability = (1 - p) ** n;
  let sum = probability;
  let k = 0;
  while (sum < q && k < n) {
    probability *= ((n - k) / (k + 1)) * (p / (1 - p));
    sum += probability;
    k++;
  }
  return k;
}
