import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadInput } from '../../../src/config/bad-input.ts';
import { openLiveLog, type LiveLog } from '../../../src/log/live/live-log.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import type { DecisionRow, OutcomeRow } from '../../../src/log/schema.ts';
import {
  CONFIGURE,
  sampleCandidate,
  sampleDecision,
  sampleOutcome,
  sampleReject,
  sampleRequest,
  sampleSend,
} from '../sample-rows.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { LiveDriver } from './live-driver.ts';
import { both, collect, readWhole, recordedRows, verify } from './live-rows.ts';

const pathOf = temporaryFolder();

async function recorded(folder: string, work: (log: LiveLog) => void | Promise<void>): Promise<void> {
  const log = await openLiveLog(folder);
  await work(log);
  await log.close();
}

describe('what was recorded is read', () => {
  test('a run gives the rows that the recorder of simulated runs gives, and parity', async () => {
    const folder = pathOf('run');
    const { recorder, rows } = recordedRows();
    await recorded(folder, async (log) => {
      const driver = new LiveDriver(both(log, recorder));
      driver.run(400);
      await log.rotate();
      driver.run(200);
      driver.snapshot();
      driver.drain();
      log.policy({ hash: 'h', body: '{}', parent: null, stage: 'active', since: 7, evidence: null });
    });
    const { inputs, decisions, notes } = await readWhole(folder);
    expect(notes).toEqual([]);
    expect(inputs).toEqual(
      rows.inputs.map(({ at_ms: atMs, payload, ...row }) => ({
        ...row,
        atMs,
        payload: JSON.parse(payload) as unknown,
      })),
    );
    expect(decisions).toEqual(rows.decisions);
    expect(rows.decisions.some(({ chosen_target: target }) => target === null)).toBe(true);
    const reader = await openLog(folder);
    const ids = [...new Set(rows.outcomes.map(({ request_id: id }) => id))];
    const outcomes = await reader.outcomesOf(...ids);
    expect(outcomes).toEqual(rows.outcomes);
    expect(await reader.count('outcomes')).toBe(rows.outcomes.length);
    expect(await reader.count('policies')).toBe(1);
    expect(JSON.parse((await reader.lastSnapshot())!.body)).toEqual({
      ...JSON.parse(rows.snapshots[0]!.body),
      policyHash: 'hash-0.1',
    });
    reader.close();
    const { decisions: count, identical, firstDifference } = await verify(folder);
    expect({ count, identical, firstDifference }).toEqual({
      count: rows.decisions.length,
      identical: count,
      firstDifference: null,
    });
    expect(count).toBeGreaterThan(600);
  });

  test('every double, every text and every null come back bit for bit', async () => {
    const folder = pathOf('exact');
    const { recorder, rows } = recordedRows();
    // The sign of a zero is lost on purpose, see decision-row.ts.
    const any = fc.double({ noNaN: true }).map((value) => value + 0);
    const text = fc.string({ unit: 'binary', maxLength: 70 }).map((value) => value.replaceAll('\0', '0'));
    const cases = fc.sample(
      fc.record({
        any: fc.array(any, { minLength: 9, maxLength: 9 }),
        text,
        error: fc.option(text.filter((value) => value !== '')),
        status: fc.option(fc.nat(599)),
        count: fc.nat(4),
      }),
      { numRuns: 300, seed: 5 },
    );
    await recorded(folder, (log) => {
      const told = both(log, recorder);
      told.input(0, 0, 'configure', CONFIGURE);
      for (const [index, { any: numbers, text: name, error, status, count }] of cases.entries()) {
        const [draw, propensity, budgetPressure, queuedMs, score, weight, cost, cache, load] = numbers as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const id = `${index}-${name}`;
        const terms = { ...sampleCandidate('t').terms, cost, cache, load };
        const candidates = Array.from({ length: count }, (_, place) =>
          sampleCandidate(`${name}.${place}`, {
            score,
            weight,
            terms,
            rejection: place === 1 ? 'queue_full' : null,
            state: place === 2 ? 'disabled' : 'healthy',
          }),
        );
        const decision = sampleDecision({
          draw,
          propensity,
          budgetPressure,
          queuedMs,
          candidates,
          target: count === 0 ? null : name,
        });
        const sequence = 2 * index + 1;
        told.input(
          sequence,
          score,
          'begin',
          sampleRequest(id, {
            sessionId: index % 2 === 0 ? null : name === '' ? 's' : name,
            model: name,
            clientKey: name,
          }),
        );
        told.commands(
          sequence,
          score,
          count === 0 ? [sampleReject(id, { decision, code: 'QUEUE_FULL' })] : [sampleSend(id, 1, decision)],
        );
        const outcome = sampleOutcome(id, 1, {
          errorCode: error,
          status,
          firstTokenMs: status === null ? null : draw,
          durationMs: cost,
        });
        told.outcome(sequence + 1, score, outcome, count === 0 ? null : name);
        told.input(sequence + 1, score, 'observe', outcome);
      }
    });
    const reader = await openLog(folder);
    expect(await collect(reader.decisions())).toEqual(rows.decisions);
    expect(await reader.outcomesOf(...rows.outcomes.map(({ request_id: id }) => id))).toEqual(rows.outcomes);
    expect(await collect(reader.inputs())).toHaveLength(rows.inputs.length);
    reader.close();
  });

  test('a record that cannot be written throws and leaves the log as it was', async () => {
    const folder = pathOf('refused');
    await recorded(folder, (log) => {
      log.input(0, 0, 'configure', CONFIGURE);
      log.input(1, 0, 'begin', sampleRequest('r', { inputTokens: 1.5 }));
      expect(() => log.commands(1, 0, [sampleSend('r', 1)])).toThrow(/input_tokens_est must be a whole number/);
      expect(() => log.commands(1, 0, [sampleSend('nobody', 1)])).toThrow(/not open/);
      expect(() => log.outcome(2, 0, sampleOutcome('r', 1, { outputTokens: 0.5 }), null)).toThrow(/output_tokens/);
      log.input(2, 0, 'observe', sampleOutcome('r', 1));
    });
    const { inputs, decisions } = await readWhole(folder);
    expect(inputs.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(decisions).toEqual([]);
  });
});

describe('while a server runs', () => {
  test('its own questions see everything that was recorded', async () => {
    const folder = pathOf('asked');
    const { recorder, rows } = recordedRows();
    await recorded(folder, async (log) => {
      const driver = new LiveDriver(both(log, recorder));
      driver.run(150);
      await log.rotate();
      driver.run(150);
      driver.drain();
      const last = rows.decisions.at(-1)!.request_id;
      const told = await log.explain(last);
      expect(told.decisions.map(({ decision }) => decision)).toEqual(
        rows.decisions.filter((row) => row.request_id === last),
      );
      await expect(log.explain('nobody')).rejects.toThrow(BadInput);
      const recent = await log.recent(200);
      const expected = [...new Set(rows.decisions.toReversed().map((row) => row.request_id))].slice(0, 200);
      expect(recent.requestIds).toEqual(expected);
      const inRecent = ({ request_id: id }: DecisionRow | OutcomeRow): boolean => recent.requestIds.includes(id);
      expect(recent.decisions).toEqual(rows.decisions.filter(inRecent));
      expect(recent.outcomes).toEqual(rows.outcomes.filter(inRecent));
      await expect(log.recent(1e9)).rejects.toThrow(/limit/);
    });
  });

  test('the Arrow stream gives the rows asked for, in pieces', async () => {
    const folder = pathOf('arrow');
    const { recorder, rows } = recordedRows();
    await recorded(folder, async (log) => {
      const driver = new LiveDriver(both(log, recorder));
      driver.run(3_000);
      await log.rotate();
      driver.run(300);
      driver.drain();
      const read = async (selection: Parameters<LiveLog['arrow']>[0]) => {
        const pieces = await collect(log.arrow(selection));
        return {
          pieces,
          rows: tableFromIPC(Buffer.concat(pieces))
            .toArray()
            .map((row) => JSON.parse(JSON.stringify(row, plain)) as unknown),
        };
      };
      const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
      const all = await read({ table: 'decisions' });
      expect(all.rows).toEqual(rows.decisions);
      expect(all.pieces.length).toBeGreaterThanOrEqual(4);
      expect((await read({ table: 'outcomes', limit: 7 })).rows).toEqual(rows.outcomes.slice(-7));
      expect((await read({ table: 'decisions', limit: 0 })).rows).toEqual([]);
      const sinceMs = rows.inputs[1_000]!.at_ms;
      const untilMs = rows.inputs[2_000]!.at_ms;
      const stretch = (await read({ table: 'inputs', columns: ['sequence', 'kind'], sinceMs, untilMs })).rows;
      expect(stretch).toEqual(
        rows.inputs
          .filter((row) => row.at_ms >= sinceMs && row.at_ms < untilMs)
          .map(({ sequence, kind }) => ({ sequence, kind })),
      );
      const target = rows.outcomes[0]!.target!;
      expect((await read({ table: 'outcomes', target })).rows).toEqual(
        rows.outcomes.filter((row) => row.target === target),
      );
      const requestId = rows.decisions.find((row) => row.attempt === 2)!.request_id;
      expect((await read({ table: 'decisions', requestId })).rows).toEqual(
        rows.decisions.filter((row) => row.request_id === requestId),
      );
      for (const bad of [
        { table: 'passwords' as 'inputs' },
        { table: 'inputs' as const, columns: ['1; DROP TABLE inputs'] },
        { table: 'inputs' as const, requestId: 'x' },
      ]) {
        await expect(collect(log.arrow(bad))).rejects.toThrow(BadInput);
      }
      // A reader who goes away leaves no stream behind: more than there may be at a time.
      for (let index = 0; index < 20; index += 1)
        for await (const piece of log.arrow({ table: 'decisions' })) if (piece.length > 0) break;
    });
  });

  test('one process holds a folder once, and readers of that process stay out', async () => {
    const folder = pathOf('held');
    await recorded(folder, async (log) => {
      await expect(openLiveLog(folder)).rejects.toThrow(/this process writes a live log there already/);
      await expect(openLog(folder)).rejects.toThrow(/a server holds it and has closed no segment yet/);
      new LiveDriver(log).run(10);
      await log.rotate();
      const reader = await openLog(folder);
      expect(reader.notes).toEqual([expect.stringMatching(/a server holds .*: rows since 20\d\d-/)]);
      expect(await reader.count('inputs')).toBeGreaterThan(10);
      reader.close();
    });
    (await openLog(folder)).close();
  });
});

describe('what is no live log', () => {
  test('an empty folder, a file in its place, a foreign database, a damaged list of segments', async () => {
    await mkdir(pathOf('empty'));
    await expect(openLog(pathOf('empty'))).rejects.toThrow(/nor the folder of a live log/);
    await writeFile(pathOf('file'), 'x');
    await expect(openLiveLog(pathOf('file'))).rejects.toThrow(BadInput);
    await mkdir(pathOf('foreign'));
    await writeFile(pathOf('foreign/current.duckdb'), 'no database'.repeat(1_000));
    await expect(openLiveLog(pathOf('foreign'))).rejects.toThrow(
      /current\.duckdb: is not a DuckDB file; choose another folder for the log$/,
    );
    await expect(openLog(pathOf('foreign'))).rejects.toThrow(BadInput);
    await recorded(pathOf('list'), (log) => log.input(0, 0, 'configure', CONFIGURE));
    await writeFile(pathOf('list/segments.json'), '{');
    await expect(openLog(pathOf('list'))).rejects.toThrow(/segments\.json: is not the list of segments/);
    await expect(openLiveLog(pathOf('list'))).rejects.toThrow(/segments\.json/);
  });

  test('a log that is discarded leaves nothing behind, unless it was there before', async () => {
    const first = await openLiveLog(pathOf('made/for/it'));
    new LiveDriver(first).run(2);
    await first.discard();
    expect(existsSync(pathOf('made'))).toBe(false);
    await recorded(pathOf('kept'), (log) => new LiveDriver(log).run(5));
    const before = await readWhole(pathOf('kept'));
    await (await openLiveLog(pathOf('kept'))).discard();
    expect(await readWhole(pathOf('kept'))).toEqual(before);
  });

  test('nothing is left behind in the folder but the log', async () => {
    const folder = pathOf('tidy');
    await recorded(folder, (log) => new LiveDriver(log).run(5));
    expect((await readdir(folder)).sort()).toEqual(['current.duckdb', 'spool', 'tmp']);
    expect(await readdir(`${folder}/spool`)).toEqual([]);
  });
});
