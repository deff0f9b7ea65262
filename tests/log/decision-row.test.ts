import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createDecisionRows } from '../../src/log/decision-row.ts';
import { hashSession, withHashedSession } from '../../src/log/session-hash.ts';
import {
  CONFIGURE,
  sampleCandidate,
  sampleDecision,
  sampleOutcome,
  sampleReject,
  sampleRequest,
  sampleSend,
} from './sample-rows.ts';

function configuredRows() {
  const rows = createDecisionRows();
  rows.note({ sequence: 0, atMs: 0, kind: 'configure', payload: CONFIGURE });
  return rows;
}

describe('rows of commands', () => {
  test('a send gives one row with the words of request, decision and run', () => {
    const rows = configuredRows();
    const request = sampleRequest('r1', { sessionId: 'abc', maxOutputTokens: 99 });
    rows.note({ sequence: 1, atMs: 5, kind: 'begin', payload: request });
    const [row, ...others] = rows.build(1, 5, [sampleSend('r1', 1)]);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      sequence: 1,
      ordinal: 0,
      at_ms: 5,
      request_id: 'r1',
      attempt: 1,
      session_hash: 'abc',
      max_output_tokens: 99,
      class: 'chat',
      chosen_target: 'aurora.main.alpha',
      policy_hash: 'c0ffee',
      core_version: '1',
      reject_code: null,
      draw: 0.123456789012345678,
    });
    expect(row?.candidates[0]?.terms).toEqual({
      success: 0.9,
      first_token: 0.5,
      speed: 2 / 3,
      cache: 0,
      cost: 1,
      load: 0.25,
    });
  });

  test('-0 becomes 0, which is all that DuckDB can keep', () => {
    const rows = configuredRows();
    rows.note({ sequence: 1, atMs: 0, kind: 'begin', payload: sampleRequest('r1') });
    const terms = { success: -0, firstToken: -0, speed: -0, cache: -0, cost: -0, load: -0 };
    const candidate = sampleCandidate('t', { score: -0, weight: -0, propensity: -0, terms });
    const numbers = { draw: -0, propensity: -0, budgetPressure: -0, queuedMs: -0 };
    const [row] = rows.build(1, -0, [sampleSend('r1', 1, sampleDecision({ ...numbers, candidates: [candidate] }))]);
    const negatives = JSON.stringify(row, (_, value: unknown) => (Object.is(value, -0) ? 'negative' : value));
    expect(negatives).not.toContain('negative');
  });

  test('a wake that makes several decisions numbers them; waits and rejections without a decision give no row', () => {
    const rows = configuredRows();
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) {
      rows.note({ sequence: index + 1, atMs: 0, kind: 'begin', payload: sampleRequest(id) });
    }
    rows.note({ sequence: 5, atMs: 9, kind: 'wake', payload: {} });
    const found = rows.build(5, 9, [
      sampleSend('a', 1),
      { kind: 'wait', requestId: 'b', reason: 'queued', untilMs: 10 },
      sampleReject('c', { code: 'QUEUE_TIMEOUT' }),
      sampleReject('d', {
        code: 'NO_AVAILABLE_PROVIDER',
        decision: sampleDecision({ target: null, propensity: 0 }),
        attempts: [{ attempt: 1, target: 't', kind: 'failure', status: 500, errorCode: null }],
      }),
    ]);
    expect(found.map((row) => [row.ordinal, row.request_id, row.attempt, row.chosen_target, row.reject_code])).toEqual([
      [0, 'a', 1, 'aurora.main.alpha', null],
      [1, 'd', 2, null, 'NO_AVAILABLE_PROVIDER'],
    ]);
  });

  test('a decision without candidates, on a stranger, or before configure is a bug', () => {
    const rows = configuredRows();
    rows.note({ sequence: 1, atMs: 0, kind: 'begin', payload: sampleRequest('r1') });
    expect(() => rows.build(1, 0, [sampleSend('r1', 1, sampleDecision({ candidates: null }))])).toThrow(
      /explain: true/,
    );
    expect(() => rows.build(1, 0, [sampleSend('r2', 1)])).toThrow(/not open/);
    expect(() => createDecisionRows().build(1, 0, [sampleSend('r1', 1)])).toThrow(/not open/);
  });
});

describe('which requests are remembered', () => {
  function running() {
    const rows = configuredRows();
    rows.note({ sequence: 1, atMs: 0, kind: 'begin', payload: sampleRequest('r') });
    rows.build(1, 0, [sampleSend('r', 1)]);
    return rows;
  }
  const observe = (sequence: number, attempt: number) =>
    ({ sequence, atMs: sequence, kind: 'observe', payload: sampleOutcome('r', attempt) }) as const;
  const wake = (sequence: number) => ({ sequence, atMs: sequence, kind: 'wake', payload: {} }) as const;

  test('an outcome that the core answers with nothing ends the request', () => {
    const rows = running();
    rows.note(observe(2, 1));
    rows.build(2, 2, []);
    rows.note(wake(3));
    expect(rows.openRequests).toBe(0);
  });

  test('a retry keeps it, at once or after a wait', () => {
    const rows = running();
    rows.note(observe(2, 1));
    rows.build(2, 2, [{ kind: 'wait', requestId: 'r', reason: 'backoff', untilMs: 3 }]);
    rows.note(wake(3));
    expect(rows.build(3, 3, [sampleSend('r', 2)])[0]?.attempt).toBe(2);
    rows.note(observe(4, 2));
    rows.build(4, 4, [sampleSend('r', 3)]);
    rows.note(wake(5));
    expect(rows.openRequests).toBe(1);
  });

  test('a late word about an older attempt does not end it', () => {
    const rows = running();
    rows.note(observe(2, 1));
    rows.build(2, 2, [sampleSend('r', 2)]);
    rows.note(observe(3, 1));
    rows.note(wake(4));
    expect(rows.openRequests).toBe(1);
  });

  test('a rejection ends it, and so does a client that leaves while waiting', () => {
    const rejected = running();
    rejected.note(observe(2, 1));
    rejected.build(2, 2, [sampleReject('r')]);
    expect(rejected.openRequests).toBe(0);
    const left = running();
    left.note(observe(2, 1));
    left.build(2, 2, [{ kind: 'wait', requestId: 'r', reason: 'backoff', untilMs: 9 }]);
    left.note({ sequence: 3, atMs: 3, kind: 'observe', payload: sampleOutcome('r', 0, { kind: 'cancelled' }) });
    left.note(wake(4));
    expect(left.openRequests).toBe(0);
  });

  test('a second word about the attempt that led to a wait changes nothing', () => {
    const rows = running();
    rows.note(observe(2, 1));
    rows.build(2, 2, [{ kind: 'wait', requestId: 'r', reason: 'backoff', untilMs: 9 }]);
    rows.note(observe(3, 1));
    rows.note(wake(4));
    expect(rows.openRequests).toBe(1);
  });
});

test('a session is hashed with the salt: 16 hex digits of SHA-256(salt + id)', () => {
  const reference = createHash('sha256').update('saltsession-1').digest('hex').slice(0, 16);
  expect(hashSession('session-1', 'salt')).toBe(reference);
  expect(withHashedSession(sampleRequest('r', { sessionId: 'session-1' }), 'salt').sessionId).toBe(reference);
  const without = sampleRequest('r');
  expect(withHashedSession(without, 'salt')).toBe(without);
});
