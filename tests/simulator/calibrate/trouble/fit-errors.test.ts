import { describe, expect, it } from 'vitest';
import { blankAttemptTable } from '../../../../simulator/calibrate/blank-attempt-table.ts';
import { KIND_CODE } from '../../../../simulator/calibrate/attempt-table.ts';
import { fitErrors } from '../../../../simulator/calibrate/trouble/fit-errors.ts';
import { smallScenario, STEADY_TWIN, TARGET_IDS } from '../../../../simulator/validate/small/small-scenario.ts';
import { allRowsOf, fleetAttempts, STEADY_LOAD } from '../../../../simulator/validate/recovery/fleet-attempts.ts';

/** A table of attempts at the first target, so many of each kind. */
function tableOf(
  counts: Readonly<Record<'refusedConnections' | 'limited' | 'errors' | 'aborted' | 'answered', number>>,
) {
  const { refusedConnections, limited, errors, aborted, answered } = counts;
  const table = blankAttemptTable('counted', TARGET_IDS, refusedConnections + limited + errors + aborted + answered);
  table.errorCodes.push('connect_timeout', 'rate_limited', 'server_error', 'stream_broken');
  let row = 0;
  const add = (count: number, kind: number, code: number, status: number): void => {
    for (const end = row + count; row < end; row++) {
      table.kind[row] = kind;
      table.errorCode[row] = code;
      table.status[row] = status;
    }
  };
  add(refusedConnections, KIND_CODE.timeout, 1, 0);
  add(limited, KIND_CODE.limited, 2, 429);
  add(errors, KIND_CODE.failure, 3, 500);
  add(aborted, KIND_CODE.failure, 4, 200);
  add(answered, KIND_CODE.success, 0, 200);
  return table;
}

const fair = (rows: number): Uint8Array => new Uint8Array(rows).fill(1);

describe('errors of single attempts', () => {
  it('are the ranges of one draw: each step among those that came to it', () => {
    // One draw over 1,000 attempts: 100 below connectTimeout = .1; of the other 900 the limits take 450; of the 450
    // left, those between .1 and .3 fail, which are 2 of 9 parts = 100; between .3 and .4 lie 1 of 9 parts = 50.
    const table = tableOf({ refusedConnections: 100, limited: 450, errors: 100, aborted: 50, answered: 300 });
    const { errors } = fitErrors(table, allRowsOf(table), 0, fair(table.rows));
    expect(errors.connectTimeout).toBeCloseTo(0.1, 12);
    expect(errors.serverError).toBeCloseTo(0.2, 12);
    expect(errors.midStreamAbort).toBeCloseTo(0.1, 12);
  });

  it('are found again beside limits that refuse half of the attempts', () => {
    const errors = { serverError: 0.12, connectTimeout: 0.08, midStreamAbort: 0.1 };
    const rateLimit = { requestsPerMinute: 30, tokensPerMinute: null, retryAfter: true };
    const load = { ...STEADY_LOAD, attempts: 20_000 };
    const table = fleetAttempts(
      smallScenario({ twin: { ...STEADY_TWIN, errors, rateLimit } }),
      TARGET_IDS.slice(0, 1),
      load,
      1,
    );
    const fit = fitErrors(table, allRowsOf(table), 0, fair(table.rows));
    for (const name of ['serverError', 'connectTimeout', 'midStreamAbort'] as const) {
      expect(fit.intervals[name].low95!, name).toBeLessThan(errors[name]);
      expect(fit.intervals[name].high95!, name).toBeGreaterThan(errors[name]);
    }
    expect(fit.notes).toEqual([]);
  });

  it('count fair rows of the twin alone', () => {
    const table = tableOf({ refusedConnections: 0, limited: 0, errors: 10, aborted: 0, answered: 10 });
    const unfair = fair(20).fill(0, 0, 10);
    expect(fitErrors(table, allRowsOf(table), 0, unfair).errors.serverError).toBe(0);
    expect(fitErrors(table, allRowsOf(table), 0, unfair).notes[0]).toMatch(/aurora large: only 10 attempts/);
    const other = fitErrors(table, allRowsOf(table), 1, fair(20));
    expect(other.errors).toEqual({ serverError: 0, connectTimeout: 0, midStreamAbort: 0 });
    expect(other.intervals.serverError.high95).toBeNull();
    expect(other.notes[0]).toMatch(/borealis large: no attempts/);
  });

  it('leave out attempts that were given up before anything came, and say so', () => {
    const table = tableOf({ refusedConnections: 0, limited: 0, errors: 100, aborted: 0, answered: 900 });
    table.kind.fill(KIND_CODE.cancelled, 900);
    const fit = fitErrors(table, allRowsOf(table), 0, fair(1_000));
    expect(fit.errors.serverError).toBeCloseTo(100 / 900, 12);
    expect(fit.notes.join()).toMatch(/10 % of its attempts were given up/);
  });
});
