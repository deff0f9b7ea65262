import fc from 'fast-check';
import { expect, it } from 'vitest';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import { generateTrace, GENERATOR_PROFILES } from '../../datasets/generator/index.ts';
import { memoryTrace, openTrace, type TraceSource } from '../../datasets/index.ts';
import { rowsOfShared, shareTrace } from '../../datasets/shared-trace.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import { rowAt } from '../../simulator/validate/small/pool-in-small.ts';

async function rowsIn(source: TraceSource): Promise<TraceRow[]> {
  const rows: TraceRow[] = [];
  for await (const batch of source.batches()) rows.push(...batch);
  return rows;
}

it.each([
  ['the embedded hour', () => openTrace(embeddedTracePath())],
  [
    'agents with routes, instructions and sessions',
    () =>
      Promise.resolve(
        generateTrace({
          ...GENERATOR_PROFILES.coding,
          seed: 4,
          requests: 3_000,
          hours: 1,
          instructions: { steerTo: ['aurora.main', 'größe.x'], sessionShare: 0.3 },
        }),
      ),
  ],
])('%s comes out of shared memory row for row', async (_, open) => {
  const source = await open();
  const shared = await shareTrace(source);
  expect(shared.arrivalMs.buffer).toBeInstanceOf(SharedArrayBuffer);
  const plain = (await rowsIn(source)).map((row) => ({ ...row, recorded: null }));
  expect(await rowsIn(rowsOfShared(shared, 0, shared.requests))).toEqual(plain);
  const part = rowsOfShared(shared, 100, 2_500);
  expect(part.requests).toBe(2_400);
  expect(await rowsIn(part)).toEqual(plain.slice(100, 2_500));
});

it('blocks of prompts come out as they went in, whatever they are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(fc.array(fc.integer({ min: 0, max: 5 }).map((n) => 2 ** 52 + n))), { maxLength: 30 }),
      async (prompts) => {
        const rows = prompts.map((prefixBlocks, index) => rowAt(index, index, { prefixBlocks }));
        const shared = await shareTrace(memoryTrace(rows, 'blocks'));
        expect(await rowsIn(rowsOfShared(shared, 0, rows.length))).toEqual(rows);
      },
    ),
    { numRuns: 100 },
  );
});

it('an empty trace is no trouble', async () => {
  const shared = await shareTrace(memoryTrace([], 'nothing'));
  expect(await rowsIn(rowsOfShared(shared, 0, 0))).toEqual([]);
});
