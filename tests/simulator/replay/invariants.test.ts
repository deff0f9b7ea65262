import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { embeddedTracePath } from '../../../datasets/embedded/embedded-trace.ts';
import { memoryTrace, openTrace } from '../../../datasets/index.ts';
import type { TraceRow, TraceSource } from '../../../datasets/trace.ts';
import { DEFAULT_POLICY, SELECTION_MODES } from '../../../src/router/policy.ts';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../../src/config/load-scenario.ts';
import { allRows } from '../../datasets/rows.ts';
import { IS_THOROUGH } from '../../properties/random-run.ts';
import { arbitraryRun } from './arbitrary-run.ts';
import type { ClientBehaviour } from '../../../simulator/scenario.ts';
import { witnessedReplay, type SeenCall } from './witness.ts';

/** The same rows in batches of another size. */
function inBatchesOf(size: number, rows: readonly TraceRow[]): TraceSource {
  return {
    ...memoryTrace(rows, 'test'),
    batches: async function* () {
      for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
    },
  };
}

/** Nobody stays beyond their patience; turns of a waiting session neither overlap nor overtake. */
function checkClients(calls: readonly SeenCall[], clients: ClientBehaviour): void {
  const lastOfSession = new Map<string, SeenCall>();
  for (const call of calls) {
    const stayedMs = call.endedAtMs - call.arrivedAtMs;
    expect(stayedMs).toBeLessThanOrEqual((clients.totalTimeoutMs ?? Infinity) + 1e-6);
    if (call.end === 'cancelled') {
      const leastMs = Math.min(clients.firstTokenTimeoutMs ?? Infinity, clients.totalTimeoutMs ?? Infinity);
      expect(stayedMs).toBeGreaterThanOrEqual(leastMs - 1e-6);
    }
    if (clients.sessions === 'open' || call.sessionId === null) continue;
    const last = lastOfSession.get(call.sessionId);
    if (last !== undefined) {
      expect(call.sequence).toBeGreaterThan(last.sequence);
      expect(call.arrivedAtMs).toBeGreaterThan(last.endedAtMs);
    }
    lastOfSession.set(call.sessionId, call);
  }
}

describe('in any run', () => {
  test('the laws hold, and what happens is the same again, however the rows are batched', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRun, fc.integer({ min: 1, max: 9 }), async ({ rows, scenario, policy, seed }, size) => {
        const once = await witnessedReplay(memoryTrace(rows, 'test'), scenario, policy, seed);
        const again = await witnessedReplay(inBatchesOf(size, rows), scenario, policy, seed);
        expect(JSON.stringify(again.run)).toBe(JSON.stringify(once.run));
        expect(again.calls).toEqual(once.calls);
        checkClients(once.calls, scenario.clients);
      }),
      { numRuns: 120 },
    );
  });
});

describe.each(BUILT_IN_SCENARIOS)('the scenario %s', (name) => {
  let rows: readonly TraceRow[] = [];
  beforeAll(async () => {
    rows = await allRows(await openTrace(embeddedTracePath()));
  });

  test.each(SELECTION_MODES)('keeps the laws under %s', async (mode) => {
    const { scenario } = loadScenario(name);
    // Where nothing is planned for later, half an hour is like the other; the proof takes both.
    const isWhole = IS_THOROUGH || scenario.faults.length > 0;
    const trace = memoryTrace(isWhole ? rows : rows.slice(0, 3_000), 'embedded');
    const { run } = await witnessedReplay(trace, scenario, { ...DEFAULT_POLICY, mode, explorationRate: 0.05 }, 7);
    expect(run.arrivals).toBe(isWhole ? 6_000 : 3_000);
    // A scenario in which hardly anything is answered would show little about the laws.
    expect(run.successRatio).toBeGreaterThan(0.5);
    expect(run.targets.filter(({ attempts }) => attempts > 0).length).toBeGreaterThan(5);
  });
});
