import { describe, expect, it } from 'vitest';
import { memoryTrace } from '../../datasets/memory-trace.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { openAttemptLog, type LoggedAttempt } from '../../src/log/logged-attempts.ts';
import type { AttemptOutcome, SendCommand } from '../../src/router/index.ts';
import { policyWith } from '../router/small-pool.ts';
import { evenly, rowsAt } from '../simulator/replay/rows-in-time.ts';
import { logReplay, NOBODY_WATCHES } from '../parity/logged-replay.ts';
import type { ClientCall } from '../../simulator/replay/client-call.ts';
import { openLiveLog } from '../../src/log/live/live-log.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { LiveDriver } from './live/live-driver.ts';
import { collect } from './live/live-rows.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface Seen {
  readonly command: SendCommand;
  readonly sentAtMs: number;
  readonly stream: boolean;
  outcome: AttemptOutcome | null;
}

/** Ids are used twice over, sessions and prefixes come and go, and providers fail, so that requests take several attempts. */
async function loggedRun(path: string): Promise<readonly Seen[]> {
  const { scenario } = loadScenario('provider-outage');
  const rows = rowsAt(evenly(1_500, 700)).map((row, index) => ({
    ...row,
    requestId: `r${index % 750}`,
    stream: index % 3 !== 0,
    sessionId: index % 2 === 0 ? `s${index % 40}` : null,
    prefixBlocks: index % 5 === 0 ? [1, 2, index] : null,
  }));
  const seen: Seen[] = [];
  const latest = new Map<string, Seen>();
  await logReplay(path, memoryTrace(rows, 'rows'), scenario, policyWith({ mode: 'weighted' }), 4, {
    ...NOBODY_WATCHES,
    sent(call: ClientCall, command: SendCommand, nowMs: number) {
      const attempt: Seen = { command, sentAtMs: nowMs, stream: call.row.stream, outcome: null };
      seen.push(attempt);
      latest.set(command.requestId, attempt);
    },
    attemptEnded(call: ClientCall, outcome: AttemptOutcome) {
      latest.get(call.row.requestId)!.outcome = { ...outcome };
    },
  });
  return seen;
}

describe('the attempts of a log', () => {
  const inFolder = temporaryFolder();

  it('come in the order of sending, each with its own end', async () => {
    const path = inFolder('run.duckdb');
    const seen = await loggedRun(path);
    const log = await openAttemptLog(path);
    const read: LoggedAttempt[] = [];
    for await (const batch of log.batches()) read.push(...batch);
    log.close();

    expect(read.length).toBe(seen.length);
    expect(log.attempts).toBe(seen.length);
    expect(log.unended).toBe(0);
    expect(seen.filter(({ command }) => command.attempt > 1).length).toBeGreaterThan(20);
    expect(log.configurations.map(({ policyName }) => policyName)).toEqual(['weighted']);
    read.forEach((attempt, index) => {
      const { command, sentAtMs, stream, outcome } = seen[index]!;
      expect(attempt).toMatchObject({
        requestId: command.requestId,
        attempt: command.attempt,
        target: command.target,
        sentAtMs,
        stream,
        askedInputTokens: 1_000,
        kind: outcome!.kind,
        status: outcome!.status,
        errorCode: outcome!.errorCode,
        firstTokenMs: outcome!.firstTokenMs,
        durationMs: outcome!.durationMs,
        outputTokens: outcome!.outputTokens,
        retryAfterMs: outcome!.retryAfterMs,
      });
      expect(attempt.endedAtMs - attempt.sentAtMs).toBeCloseTo(attempt.durationMs, 3);
      expect(Math.round(attempt.costUsd * 1e6)).toBe(outcome!.costMicroUsd);
    });
    expect(read.filter(({ prefixBlocks }) => prefixBlocks !== null).length).toBeGreaterThan(300);
    expect(read.every(({ prefixBlocks }) => prefixBlocks === null || prefixBlocks.length === 3)).toBe(true);
    expect(read.some(({ sessionHash }) => sessionHash !== null)).toBe(true);
  });

  it('may be none', async () => {
    const path = inFolder('empty.duckdb');
    const empty = await createLogWriter(path, { coreVersion: CORE_VERSION });
    await empty.close();
    const log = await openAttemptLog(path);
    expect(log.attempts).toBe(0);
    expect(await collect(log.batches())).toEqual([]);
    log.close();
  });

  it('of a log that a server holds are those of its closed segments, with a note', async () => {
    const folder = inFolder('served');
    const live = await openLiveLog(folder);
    try {
      const driver = new LiveDriver(live);
      driver.run(30);
      driver.drain();
      await expect(openAttemptLog(folder)).rejects.toThrow(/a server holds it and has closed no segment yet/);
      await live.rotate();
      const log = await openAttemptLog(folder);
      const rows = (await collect(log.batches())).flat();
      expect(rows.length).toBeGreaterThan(20);
      expect(rows.length).toBe(log.attempts);
      for (const row of rows) expect(row.arrivedAtMs).toBeLessThanOrEqual(row.sentAtMs);
      expect(log.notes).toEqual([expect.stringContaining('a server holds')]);
      log.close();
    } finally {
      await live.close();
    }
  });

  it('cannot be read from what is no log', async () => {
    await expect(openAttemptLog(inFolder('nowhere'))).rejects.toThrow(/no such file/);
  });
});
