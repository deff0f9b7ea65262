/**
 * Closed forms of queues in steady state, as yardsticks for the simulator. Arrivals are Poisson; rates are per
 * unit of time and times in the same unit. Sources: L. Kleinrock, Queueing Systems I (1975), chapters 3 and 5;
 * D. Gross, J. Shortle, J. Thompson, C. Harris, Fundamentals of Queueing Theory, 4th ed. (2008), chapters 2, 5.
 */

export interface QueueFigures {
  /** Share of the servers' time that is used, 0 to 1. */
  readonly utilisation: number;
  /** Mean time before service starts, over customers who are let in. */
  readonly meanWait: number;
  /** Mean time from arrival to the end of service, over customers who are let in. */
  readonly meanTimeInSystem: number;
  /** Mean number waiting. */
  readonly meanNumberWaiting: number;
  /** Mean number waiting or in service. */
  readonly meanNumberInSystem: number;
  /** Probability that an arriving customer does not start at once (and is not turned away). */
  readonly waitProbability: number;
  /** Probability that an arriving customer is turned away. */
  readonly blockingProbability: number;
}

function requireStable(load: number): void {
  if (!(load < 1)) throw new RangeError(`the queue grows for ever at utilisation ${load}; it must be below 1`);
}

/** M/M/1: exponential service, one server, no limit. Throws RangeError when arrivalRate >= serviceRate. */
export function mm1(arrivalRate: number, serviceRate: number): QueueFigures {
  return mmc(arrivalRate, serviceRate, 1);
}

/**
 * Erlang's B: the probability that all servers are busy when nobody may wait. By the recursion
 * B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)), which neither overflows nor cancels.
 *
 * @param offeredLoad a = arrival rate / service rate, erlangs
 */
export function erlangB(servers: number, offeredLoad: number): number {
  let blocking = 1;
  for (let k = 1; k <= servers; k++) blocking = (offeredLoad * blocking) / (k + offeredLoad * blocking);
  return blocking;
}

/**
 * Erlang's C: the probability of having to wait when everybody may. C = B / (1 - u (1 - B)), u = a / servers.
 *
 * @param offeredLoad a = arrival rate / service rate, erlangs, below `servers`
 */
export function erlangC(servers: number, offeredLoad: number): number {
  const blocking = erlangB(servers, offeredLoad);
  return blocking / (1 - (offeredLoad / servers) * (1 - blocking));
}

/** M/M/c: `servers` servers, no limit. Wait = C / (c mu - lambda). Throws RangeError when overloaded. */
export function mmc(arrivalRate: number, serviceRate: number, servers: number): QueueFigures {
  const utilisation = arrivalRate / (servers * serviceRate);
  requireStable(utilisation);
  const waitProbability = erlangC(servers, arrivalRate / serviceRate);
  const meanWait = waitProbability / (servers * serviceRate - arrivalRate);
  return inSteadyState({ utilisation, arrivalRate, meanWait, meanService: 1 / serviceRate, waitProbability });
}

/**
 * M/G/1, the formula of Pollaczek and Khinchine: wait = lambda E[S^2] / (2 (1 - rho)).
 *
 * @param serviceVariance variance of the service time: meanService^2 gives M/M/1, 0 gives M/D/1
 */
export function mg1(arrivalRate: number, meanService: number, serviceVariance: number): QueueFigures {
  const utilisation = arrivalRate * meanService;
  requireStable(utilisation);
  const secondMoment = serviceVariance + meanService * meanService;
  const meanWait = (arrivalRate * secondMoment) / (2 * (1 - utilisation));
  return inSteadyState({ utilisation, arrivalRate, meanWait, meanService, waitProbability: utilisation });
}

function inSteadyState(given: {
  readonly utilisation: number;
  readonly arrivalRate: number;
  readonly meanWait: number;
  readonly meanService: number;
  readonly waitProbability: number;
}): QueueFigures {
  const { utilisation, arrivalRate, meanWait, meanService, waitProbability } = given;
  const meanTimeInSystem = meanWait + meanService;
  return {
    utilisation,
    meanWait,
    meanTimeInSystem,
    meanNumberWaiting: arrivalRate * meanWait,
    meanNumberInSystem: arrivalRate * meanTimeInSystem,
    waitProbability,
    blockingProbability: 0,
  };
}

/**
 * M/M/c/K: `servers` servers and at most `capacity` customers in the system, those in service counted; who
 * comes when it is full is turned away. From the birth-death balance p(n) = p(n-1) lambda / (min(n, c) mu),
 * with Little's law over the customers let in. Stable at any load.
 *
 * @param capacity >= servers
 */
export function mmck(arrivalRate: number, serviceRate: number, servers: number, capacity: number): QueueFigures {
  if (capacity < servers) throw new RangeError(`capacity ${capacity} is below the number of servers ${servers}`);
  const probabilities = new Float64Array(capacity + 1);
  probabilities[0] = 1;
  let total = 1;
  for (let n = 1; n <= capacity; n++) {
    const weight = (probabilities[n - 1]! * arrivalRate) / (Math.min(n, servers) * serviceRate);
    probabilities[n] = weight;
    total += weight;
  }
  let meanNumberInSystem = 0;
  let meanNumberWaiting = 0;
  let waitProbability = 0;
  for (let n = 1; n <= capacity; n++) {
    const probability = probabilities[n]! / total;
    meanNumberInSystem += n * probability;
    meanNumberWaiting += Math.max(0, n - servers) * probability;
    if (n >= servers && n < capacity) waitProbability += probability;
  }
  const blockingProbability = probabilities[capacity]! / total;
  const admittedRate = arrivalRate * (1 - blockingProbability);
  return {
    utilisation: admittedRate / (servers * serviceRate),
    meanWait: meanNumberWaiting / admittedRate,
    meanTimeInSystem: meanNumberInSystem / admittedRate,
    meanNumberWaiting,
    meanNumberInSystem,
    waitProbability,
    blockingProbability,
  };
}
