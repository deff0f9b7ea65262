/**
 * How many equally used things would be as even as these: exp of the Shannon entropy of their shares, -sum p ln p (M. O.
 * Hill, "Diversity and Evenness", Ecology 54, 1973: the number of order 1). n things used alike give n, one alone gives 1.
 *
 * @param counts >= 0 each
 * @returns `null` when all are 0
 */
export function effectiveNumber(counts: ArrayLike<number>): number | null {
  let total = 0;
  let weighted = 0;
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index]!;
    if (count === 0) continue;
    total += count;
    weighted += count * Math.log(count);
  }
  // With p = c / T, -sum p ln p = ln T - (sum c ln c) / T.
  return total === 0 ? null : Math.max(1, Math.exp(Math.log(total) - weighted / total));
}
