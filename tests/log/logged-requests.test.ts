/** What the rows of a log say of its requests, against what the replay that wrote it saw. */
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import { memoryTrace, openTrace } from '../../datasets/index.ts';
import type { Fault } from '../../simulator/scenario.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { openRequestLog, type LoggedRequest } from '../../src/log/logged-requests.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/router/policy.ts';
import { allRows } from '../datasets/rows.ts';
import { logReplay } from '../parity/logged-replay.ts';
import { witnessedReplay } from '../simulator/replay/witness.ts';
import { driveRouter } from './drive-router.ts';
import { temporaryFolder } from './temporary-folder.ts';

const pathOf = temporaryFolder();
/** Of a log that ends when everything has: whoever has nothing in flight is gone, up to its very last row. */
const NOBODY_WAITS = -1;

async function requestsOf(path: string, waitMaxMs = 60_000): Promise<LoggedRequest[]> {
  const log = await openRequestLog(path);
  try {
    const requests: LoggedRequest[] = [];
    for await (const batch of log.batches(waitMaxMs)) requests.push(...batch);
    expect(requests).toHaveLength(log.requests);
    return requests;
  } finally {
    log.close();
  }
}

describe('the requests of a log', () => {
  test('are those that the replay saw, with its ends, waits and costs', async () => {
    const rows = (await allRows(await openTrace(embeddedTracePath()))).slice(0, 900);
    const dense = memoryTrace(
      rows.map((row) => ({ ...row, arrivalMs: row.arrivalMs / 4 })),
      'dense',
    );
    const { scenario } = loadScenario('provider-outage');
    const keys = scenario.pool.keys.map((key) => ({ ...key, concurrencyLimit: 2, queueLimit: 4 }));
    const faults = scenario.pool.providers.map(({ id }): Fault => {
      return { kind: 'failures', scope: id, startMs: 0, endMs: dense.spanMs, probability: 0.2 };
    });
    const crowded = {
      ...scenario,
      pool: { ...scenario.pool, keys },
      faults,
      clients: { ...scenario.clients, firstTokenTimeoutMs: 6_000 },
    };
    const policy: Policy = { ...DEFAULT_POLICY, mode: 'weighted' };
    const path = pathOf('crowded.duckdb');
    await logReplay(path, dense, crowded, policy, 9);
    const { calls, run } = await witnessedReplay(dense, crowded, policy, 9);
    const requests = await requestsOf(path, NOBODY_WAITS);
    const byId = new Map(requests.map((request) => [request.requestId, request]));
    const ends = { completed: 0, rejected: 0, cancelled: 0 };
    let waited = 0;
    for (const call of calls) {
      const request = byId.get(call.requestId)!;
      expect({ id: call.requestId, ending: request.ending }).toEqual({ id: call.requestId, ending: call.end });
      expect(request.costMicroUsd).toBe(call.costMicroUsd);
      expect(request.arrivedAtMs).toBe(call.arrivedAtMs);
      ends[call.end as keyof typeof ends] += 1;
      if (call.end !== 'completed') {
        expect([request.firstTokenMs, request.durationMs]).toEqual([null, null]);
        continue;
      }
      const last = call.attempts.at(-1)!;
      if (last.sentAtMs > call.arrivedAtMs) waited += 1;
      const { firstTokenMs, durationMs } = last.outcome!;
      expect(request.firstTokenMs).toBeCloseTo(
        firstTokenMs === null
          ? last.sentAtMs + durationMs - call.arrivedAtMs
          : last.sentAtMs - call.arrivedAtMs + firstTokenMs,
        6,
      );
      expect(request.durationMs).toBeCloseTo(last.sentAtMs + durationMs - call.arrivedAtMs, 6);
    }
    expect(ends).toEqual({ completed: run.completed, rejected: run.rejected, cancelled: run.cancelled });
    expect(Math.min(ends.completed, ends.rejected, ends.cancelled, waited)).toBeGreaterThan(10);
  });

  test('are each one’s own where an id is used again', async () => {
    const path = pathOf('driven.duckdb');
    const writer = await createLogWriter(path, { coreVersion: CORE_VERSION });
    driveRouter(writer, 900, 3);
    await writer.close();
    const before = await requestsOf(path, NOBODY_WAITS);
    const completed = before.filter(({ ending }) => ending === 'completed');
    const [first, second] = [completed[0], completed.at(-1)];
    expect(first!.arrivedAtMs + first!.durationMs!).toBeLessThan(second!.arrivedAtMs);
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    for (const table of ['decisions', 'outcomes']) {
      await connection.run(
        `UPDATE ${table} SET request_id = '${first!.requestId}' WHERE request_id = '${second!.requestId}'`,
      );
    }
    await connection.run(
      `UPDATE inputs SET payload = replace(payload, '"${second!.requestId}"', '"${first!.requestId}"')`,
    );
    connection.closeSync();
    instance.closeSync();
    const after = await requestsOf(path, NOBODY_WAITS);
    expect(after).toHaveLength(before.length);
    expect(after.filter(({ requestId }) => requestId === first!.requestId)).toEqual([
      first,
      { ...second, requestId: first!.requestId },
    ]);
  });

  test('that are under way when the log ends are open', async () => {
    const path = pathOf('cut.duckdb');
    const writer = await createLogWriter(path, { coreVersion: CORE_VERSION });
    driveRouter(writer, 400, 5);
    await writer.close();
    const whole = await requestsOf(path, NOBODY_WAITS);
    expect(whole.every(({ ending }) => ending !== 'open')).toBe(true);
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    const cutMs = whole[300]!.arrivedAtMs;
    for (const table of ['inputs', 'decisions', 'outcomes']) {
      await connection.run(`DELETE FROM ${table} WHERE at_ms > ${cutMs}`);
    }
    connection.closeSync();
    instance.closeSync();
    const cut = await requestsOf(path);
    const ended = new Map(whole.map((request) => [request.requestId, request]));
    for (const request of cut) {
      const full = ended.get(request.requestId)!;
      if (request.ending === 'completed' || request.ending === 'cancelled') expect(request).toEqual(full);
      if (full.durationMs !== null && full.arrivedAtMs + full.durationMs > cutMs) expect(request.ending).toBe('open');
    }
    expect(cut.some(({ ending }) => ending === 'open')).toBe(true);
  });
});
