import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importCsv, importTrace, ASSUMED_CHAT } from '../../../datasets/importers/index.ts';
import { openTrace, writeTrace } from '../../../datasets/index.ts';
import type { TraceSource } from '../../../datasets/trace.ts';
import { DEFAULT_POLICY } from '../../../src/router/policy.ts';
import { batchesOf, temporaryFolder } from '../../datasets/rows.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { witnessedReplay } from './witness.ts';

const inFolder = temporaryFolder();

/** Twelve knots of ten requests at one time each, more than the pool can take at once. */
const ROWS = Array.from({ length: 120 }, (_, index) =>
  rowAt(Math.floor(index / 10) * 3_000, index, {
    inputTokens: 200 + ((index * 37) % 900),
    outputTokens: 20 + ((index * 53) % 300),
    sessionId: index % 4 === 0 ? `s${index % 3}` : null,
  }),
);

const SCENARIO = scenarioOf(
  [
    { id: 'aurora.main.large', concurrencyLimit: 2, queueLimit: 3 },
    { id: 'borealis.main.large', concurrencyLimit: 3, queueLimit: 3 },
  ],
  { clients: { totalTimeoutMs: 9_000, sessions: 'wait', thinkTime: { medianMs: 400, sigma: 0 } } },
);
const POLICY = { ...DEFAULT_POLICY, mode: 'weighted', explorationRate: 0.2 } as const;

async function outcome(trace: TraceSource): Promise<string> {
  const { run, calls } = await witnessedReplay(trace, SCENARIO, POLICY, 3);
  expect(run.queuedRatio).toBeGreaterThan(0.1);
  expect(run.rejectedByCode.QUEUE_FULL).toBeGreaterThan(0);
  return JSON.stringify({ run, calls });
}

test('rows of equal time in another order in the imported file change nothing', async () => {
  const csv = (order: readonly number[]): string =>
    [
      'arrival_ms,request_id,session_id,input_tokens,output_tokens',
      ...order.map((index) => {
        const { arrivalMs, requestId, sessionId, inputTokens, outputTokens } = ROWS[index]!;
        return [arrivalMs, requestId, sessionId ?? '', inputTokens, outputTokens].join(',');
      }),
    ].join('\n');
  const imported = async (name: string, order: readonly number[]): Promise<TraceSource> => {
    const [from, out] = [inFolder(`${name}.csv`), inFolder(`${name}.parquet`)];
    writeFileSync(from, csv(order));
    const options = { ...ASSUMED_CHAT, map: {}, timeUnit: 'ms' } as const;
    await importTrace((rejects) => importCsv([from], options, rejects), { out, skipBadRows: false, rebase: true });
    return openTrace(out);
  };
  const inOrder = [...ROWS.keys()];
  const turned = inOrder.map((index) => index - (index % 10) + (9 - (index % 10)));
  const dealt = inOrder.map((index) => index - (index % 10) + ((index * 7 + 3) % 10));
  const expected = await outcome(await imported('in-order', inOrder));
  for (const [name, order] of Object.entries({ turned, dealt })) {
    expect(order).not.toEqual(inOrder);
    const trace = await imported(name, order);
    expect(await outcome(trace), name).toBe(expected);
  }
});

test('nor does any order of the rows that a trace is written from', async () => {
  const write = async (name: string, order: readonly number[]): Promise<TraceSource> => {
    const path = inFolder(`${name}.parquet`);
    await writeTrace(path, batchesOf(order.map((index) => ROWS[index]!)));
    return openTrace(path);
  };
  const all = [...ROWS.keys()];
  const trace = await write('sorted', all);
  const expected = await outcome(trace);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(all, { minLength: all.length }), async (order) => {
      const shuffled = await write('shuffled', order);
      expect(shuffled.sha256).toBe(trace.sha256);
      expect(await outcome(shuffled)).toBe(expected);
    }),
    { numRuns: 8 },
  );
});
