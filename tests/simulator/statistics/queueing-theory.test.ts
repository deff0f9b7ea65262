import { describe, expect, it } from 'vitest';
import { erlangB, erlangC, mg1, mm1, mmc, mmck } from '../../../simulator/statistics/queueing-theory.ts';

/** Stationary distribution of a birth-death chain by turning its crank until it stands still. */
function steadyState(arrivalRate: number, serviceRate: number, servers: number, capacity: number): readonly number[] {
  const step = 0.9 / (arrivalRate + servers * serviceRate);
  let state = Array.from({ length: capacity + 1 }, () => 1 / (capacity + 1));
  for (let round = 0; round < 20_000; round++) {
    const flow = state.map((mass, n) => ({
      up: n < capacity ? mass * arrivalRate * step : 0,
      down: mass * Math.min(n, servers) * serviceRate * step,
    }));
    state = state.map(
      (mass, n) => mass - flow[n]!.up - flow[n]!.down + (flow[n - 1]?.up ?? 0) + (flow[n + 1]?.down ?? 0),
    );
  }
  return state;
}

describe('M/M/1', () => {
  it('gives the textbook figures at utilisation 0.8', () => {
    const queue = mm1(0.8, 1);
    expect(queue.utilisation).toBeCloseTo(0.8, 12);
    expect(queue.meanWait).toBeCloseTo(4, 12);
    expect(queue.meanTimeInSystem).toBeCloseTo(5, 12);
    expect(queue.meanNumberWaiting).toBeCloseTo(3.2, 12);
    expect(queue.meanNumberInSystem).toBeCloseTo(4, 12);
    expect(queue.waitProbability).toBeCloseTo(0.8, 12);
  });

  it('says so when the queue has no steady state', () => {
    expect(() => mm1(1, 1)).toThrow(RangeError);
    expect(() => mmc(9, 2, 4)).toThrow(RangeError);
    expect(() => mg1(1, 1.5, 0)).toThrow(RangeError);
  });
});

describe('Erlang', () => {
  it('gives B by its sum: (a^c / c!) / sum a^k / k!', () => {
    expect(erlangB(3, 2)).toBeCloseTo(4 / 19, 14);
    expect(erlangB(1, 1)).toBeCloseTo(0.5, 14);
    expect(erlangB(0, 7)).toBe(1);
  });

  it('agrees with the printed table: 10 erlangs on 15 servers lose 3.65 %', () => {
    expect(erlangB(15, 10)).toBeCloseTo(0.0365, 4);
  });

  it('gives C = 4/9 for 2 erlangs on 3 servers', () => {
    expect(erlangC(3, 2)).toBeCloseTo(4 / 9, 14);
  });

  it('stays finite for thousands of servers', () => {
    expect(erlangC(5_000, 4_900)).toBeGreaterThan(0);
    expect(erlangC(5_000, 4_900)).toBeLessThan(1);
  });
});

describe('M/M/c', () => {
  it('gives Wq = C / (c mu - lambda): 2 erlangs on 3 servers of rate 1', () => {
    const queue = mmc(2, 1, 3);
    expect(queue.meanWait).toBeCloseTo(4 / 9, 14);
    expect(queue.meanNumberWaiting).toBeCloseTo(8 / 9, 14);
    expect(queue.meanNumberInSystem).toBeCloseTo(26 / 9, 13);
  });

  it('is M/M/1 for one server', () => {
    expect(mmc(3, 4, 1).meanWait).toBeCloseTo(3 / (4 * (4 - 3)), 14);
  });
});

describe('M/G/1', () => {
  it('is M/M/1 when the variance is the square of the mean, and waits half as long without variance', () => {
    const exponential = mg1(0.8, 1, 1);
    const constant = mg1(0.8, 1, 0);
    expect(exponential.meanWait).toBeCloseTo(mm1(0.8, 1).meanWait, 12);
    expect(constant.meanWait).toBeCloseTo(exponential.meanWait / 2, 12);
  });

  it('obeys the law of Little', () => {
    const queue = mg1(0.5, 1.2, 4);
    expect(queue.meanNumberInSystem).toBeCloseTo(0.5 * queue.meanTimeInSystem, 12);
  });
});

describe('M/M/c/K', () => {
  it('gives 1/7 for M/M/1/2 at load one half', () => {
    const queue = mmck(1, 2, 1, 2);
    expect(queue.blockingProbability).toBeCloseTo(1 / 7, 14);
    expect(queue.meanNumberInSystem).toBeCloseTo(4 / 7, 14);
  });

  it('is Erlang B when nobody may wait', () => {
    expect(mmck(10, 1, 15, 15).blockingProbability).toBeCloseTo(erlangB(15, 10), 14);
  });

  it('comes to M/M/c when the room is large', () => {
    const wide = mmck(2, 1, 3, 400);
    const endless = mmc(2, 1, 3);
    expect(wide.meanWait).toBeCloseTo(endless.meanWait, 12);
    expect(wide.waitProbability).toBeCloseTo(endless.waitProbability, 12);
  });

  it.each([
    [3, 1, 2, 6],
    [1.4, 0.5, 4, 9],
    [5, 1, 2, 4],
  ])(
    'agrees with the chain itself at rates %d, %d, servers %d, room %d',
    (arrivalRate, serviceRate, servers, capacity) => {
      const state = steadyState(arrivalRate, serviceRate, servers, capacity);
      const queue = mmck(arrivalRate, serviceRate, servers, capacity);
      const waiting = state.reduce((sum, mass, n) => sum + mass * Math.max(0, n - servers), 0);
      expect(queue.blockingProbability).toBeCloseTo(state[capacity]!, 9);
      expect(queue.meanNumberWaiting).toBeCloseTo(waiting, 8);
      expect(queue.meanWait * arrivalRate * (1 - queue.blockingProbability)).toBeCloseTo(waiting, 8);
    },
  );

  it('refuses less room than servers', () => {
    expect(() => mmck(1, 1, 3, 2)).toThrow(RangeError);
  });
});
