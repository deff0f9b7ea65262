import { describe, expect, it } from 'vitest';
import { blankAttemptTable } from '../../../simulator/calibrate/blank-attempt-table.ts';
import { FATE, fateReader } from '../../../simulator/calibrate/attempt-fate.ts';
import { KIND_CODE } from '../../../simulator/calibrate/attempt-table.ts';
import type { OutcomeKind } from '../../../src/router/contract.ts';
import { smallScenario, STEADY_TWIN, TARGET_IDS } from '../../../simulator/validate/small/small-scenario.ts';
import { fleetAttempts, STEADY_LOAD } from '../../../simulator/validate/recovery/fleet-attempts.ts';

interface Attempt {
  readonly kind: OutcomeKind;
  readonly code?: string;
  readonly status?: number;
  readonly firstTokenMs?: number;
  readonly stream?: boolean;
}

function fateOf({ kind, code = '', status = 0, firstTokenMs = NaN, stream = true }: Attempt): number {
  const table = blankAttemptTable('one', TARGET_IDS, 1);
  table.errorCodes.push(code);
  table.kind[0] = KIND_CODE[kind];
  table.errorCode[0] = 1;
  table.status[0] = status;
  table.stream[0] = stream ? 1 : 0;
  table.firstTokenMs[0] = firstTokenMs;
  return fateReader(table)(0);
}

describe('the fate of an attempt', () => {
  it.each<[keyof typeof FATE, Attempt]>([
    ['answered', { kind: 'success', status: 200, firstTokenMs: 90 }],
    ['limited', { kind: 'limited', code: 'rate_limited', status: 429 }],
    ['unknown', { kind: 'cancelled', code: 'client_left' }],
    ['cut', { kind: 'cancelled', code: 'client_left', firstTokenMs: 90 }],
    ['unconnected', { kind: 'timeout', code: 'connect_timeout' }],
    ['slow', { kind: 'timeout', code: 'first_token_timeout' }],
    ['slow', { kind: 'timeout', code: 'total_timeout', stream: false }],
    ['cut', { kind: 'timeout', code: 'total_timeout', firstTokenMs: 90 }],
    ['cut', { kind: 'timeout', code: 'idle_timeout', firstTokenMs: 90 }],
    ['aborted', { kind: 'failure', code: 'stream_broken', status: 200 }],
    ['aborted', { kind: 'failure', code: 'connection_reset', firstTokenMs: 90 }],
    ['aborted', { kind: 'failure', code: 'connection_reset', stream: false }],
    ['aborted', { kind: 'failure', code: 'upstream_error', status: 200, firstTokenMs: 90 }],
    ['serverError', { kind: 'failure', code: 'connection_reset' }],
    ['serverError', { kind: 'failure', code: 'upstream_error', status: 200 }],
    ['serverError', { kind: 'failure', code: 'server_error', status: 500 }],
    ['serverError', { kind: 'failure', code: 'request_timeout', status: 408 }],
    ['unavailable', { kind: 'failure', code: 'service_unavailable', status: 503 }],
    ['unavailable', { kind: 'failure', code: 'connection_refused' }],
    ['unavailable', { kind: 'failure', code: 'http_529', status: 529 }],
    ['refused', { kind: 'failure', code: 'bad_request', status: 400 }],
    ['refused', { kind: 'failure', code: 'unauthorized', status: 401 }],
    ['unknown', { kind: 'failure', code: 'quota_exhausted', status: 429 }],
    ['unknown', { kind: 'failure', code: 'proxy_closed' }],
  ])('is %s for %o', (fate, attempt) => {
    expect(fateOf(attempt)).toBe(FATE[fate]);
  });

  it('of the twins is the step at which they settle it', () => {
    const errors = { serverError: 0.1, connectTimeout: 0.1, midStreamAbort: 0.1 };
    const table = fleetAttempts(smallScenario({ twin: { ...STEADY_TWIN, errors } }), TARGET_IDS, STEADY_LOAD, 1);
    const fate = fateReader(table);
    const steps: Readonly<Record<string, number>> = {
      '': FATE.answered,
      connect_timeout: FATE.unconnected,
      server_error: FATE.serverError,
      stream_broken: FATE.aborted,
      connection_reset: FATE.aborted,
    };
    expect([...table.errorCodes].sort()).toEqual(Object.keys(steps).sort());
    for (let row = 0; row < table.rows; row++) {
      expect(fate(row)).toBe(steps[table.errorCodes[table.errorCode[row]!]!]);
    }
  });
});
