import { describe, expect, it } from 'vitest';
import { memoryTrace, type TraceSource } from '../../../datasets/index.ts';
import { labObjective } from '../../../src/cli/lab/lab-objective.ts';
import { halveTraffic } from '../../../src/cli/lab/traffic-halves.ts';
import type { PolicyRun } from '../../../simulator/result.ts';
import { evenly, rowsAt } from '../../simulator/replay/rows-in-time.ts';

async function rowsOf(trace: TraceSource) {
  const rows = [];
  for await (const batch of trace.batches()) rows.push(...batch);
  return rows;
}

describe('the traffic of the lab', () => {
  it('is cut in two halves of the same size, each from time 0 on', async () => {
    const trace = memoryTrace(rowsAt(evenly(2_001, 100)), 'made');
    const { first, second } = await halveTraffic(trace, 600);
    const [before, after] = [await rowsOf(first), await rowsOf(second)];
    expect([before.length, after.length]).toEqual([600, 600]);
    expect(after[0]!.arrivalMs).toBe(0);
    expect(second.spanMs).toBe(first.spanMs);
    expect(new Set([...before, ...after].map(({ requestId }) => requestId)).size).toBe(1_200);
    expect((await halveTraffic(trace, 5_000)).second.requests).toBe(1_000);
  });

  it('must be long enough to learn from', async () => {
    const trace = memoryTrace(rowsAt(evenly(700, 100)), 'short');
    await expect(halveTraffic(trace, 600)).rejects.toThrow(/short: 700 requests; the lab takes 400 to learn from/);
    await expect(halveTraffic(memoryTrace(rowsAt(evenly(2_000, 100)), 'long'), 20)).rejects.toThrow(/--requests 400/);
  });
});

describe('the objective of the lab', () => {
  const run = (p95: number | null, successRatio: number) =>
    labObjective({ firstTokenMs: { p50: 1, p90: 1, p95, p99: 1 }, successRatio } as PolicyRun);

  it('is to be cheaper, not much later', () => {
    expect(run(1_000, 0.9989)).toEqual({
      utility: { cost: -1 },
      subjectTo: [
        { metric: 'p95_first_token_ms', comparison: '<=', limit: 1_500 },
        { metric: 'success', comparison: '>=', limit: 0.996 },
      ],
    });
  });

  it('asks nothing of first tokens that nobody has seen', () => {
    expect(run(null, 0).subjectTo.map(({ metric }) => metric)).toEqual(['success']);
  });
});
