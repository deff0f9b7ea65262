/**
 * Success term: the posterior mean success ratio of the target's recent attempts (Beta prior, decayed counts).
 * In [0, 1], 1 is best. A target without history scores the prior; one failure moves it by about 1 / n.
 *
 * @param successes decayed number of successes, >= 0
 * @param attempts decayed number of attempts that say something about health, >= successes
 */
export function successTerm(
  successes: number,
  attempts: number,
  priorRatio: number,
  priorObservations: number,
): number {
  return (priorObservations * priorRatio + successes) / (priorObservations + attempts);
}
