import { beforeAll, describe, expect, it } from 'vitest';
import { openLiveLog } from '../../src/log/live/live-log.ts';
import { openLog } from '../../src/log/log-reader.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { openLoggedAttempts, type LoggedAttempt } from '../../src/log/logged-attempts.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { driveRouter } from './drive-router.ts';
import { LiveDriver } from './live/live-driver.ts';
import { collect } from './live/live-rows.ts';
import { temporaryFolder } from './temporary-folder.ts';

const pathOf = temporaryFolder();

async function readAttempts(
  path: string,
): Promise<{ rows: LoggedAttempt[]; notes: readonly string[]; rowsMax: number }> {
  const { notes, rowsMax, batches, close } = await openLoggedAttempts(path);
  const rows = (await collect(batches())).flat();
  close();
  return { rows, notes, rowsMax };
}

/** The attempts that have an end, put together row by row. */
async function naiveAttempts(path: string): Promise<unknown[]> {
  const reader = await openLog(path);
  const decisions = await collect(reader.decisions());
  const sent = decisions.filter((row) => row.chosen_target !== null);
  const rows = await Promise.all(
    sent.map(async (decision) => {
      const outcomes = await reader.outcomesOf(decision.request_id);
      const outcome = outcomes.find((each) => each.attempt === decision.attempt);
      if (outcome === undefined) return [];
      const { request_id: requestId, attempt, kind, status, duration_ms: durationMs, cost_usd: costUsd } = outcome;
      const sentAtMs = decision.at_ms;
      return [{ requestId, attempt, kind, status, durationMs, costUsd, sentAtMs, target: decision.chosen_target }];
    }),
  );
  reader.close();
  return rows.flat();
}

describe('the attempts of a log', () => {
  beforeAll(async () => {
    const writer = await createLogWriter(pathOf('run.duckdb'), { coreVersion: CORE_VERSION });
    driveRouter(writer, 300, 42);
    await writer.close();
    const empty = await createLogWriter(pathOf('empty.duckdb'), { coreVersion: CORE_VERSION });
    await empty.close();
  });

  it('are those that its decisions sent, in that order, each with its end', async () => {
    const { rows, rowsMax, notes } = await readAttempts(pathOf('run.duckdb'));
    const expected = await naiveAttempts(pathOf('run.duckdb'));
    expect(expected.length).toBeGreaterThan(100);
    expect(rows).toMatchObject(expected);
    expect(rowsMax).toBeGreaterThanOrEqual(rows.length);
    expect(notes).toEqual([]);
    for (const row of rows) expect(row.arrivedAtMs).toBeLessThanOrEqual(row.sentAtMs);
  });

  it('may be none', async () => {
    expect(await readAttempts(pathOf('empty.duckdb'))).toEqual({ rows: [], notes: [], rowsMax: 0 });
  });

  it('of a log that a server holds are those of its closed segments, with a note', async () => {
    const folder = pathOf('served');
    const log = await openLiveLog(folder);
    try {
      const driver = new LiveDriver(log);
      driver.run(30);
      driver.drain();
      await expect(openLoggedAttempts(folder)).rejects.toThrow(/a server holds it and has closed no segment yet/);
      await log.rotate();
      const { rows, notes } = await readAttempts(folder);
      expect(rows.length).toBeGreaterThan(20);
      expect(notes).toEqual([expect.stringContaining('a server holds')]);
    } finally {
      await log.close();
    }
    expect((await readAttempts(folder)).notes).toEqual([]);
  });

  it('cannot be read from what is no log', async () => {
    await expect(openLoggedAttempts(pathOf('nowhere'))).rejects.toThrow(/no such file/);
  });
});
