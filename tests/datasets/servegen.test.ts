import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ASSUMED_CHAT, importServeGen, refuseBadRows, type ServeGenOptions } from '../../datasets/importers/index.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import { allRows, temporaryFolder } from './rows.ts';

const inFolder = temporaryFolder();
const RATES = inFolder('rates.csv');
const TOKENS = inFolder('tokens.csv');
const RATE_HEADER = 'model,client,window_start_s,rate_rps,cv_interarrival,dist,param1,param2';
const TOKEN_HEADER =
  'model,client,window_start_s,in_mean,in_p50,in_p90,in_p95,in_p99,out_mean,out_p50,out_p90,out_p95,out_p99';

// Client 0: steady Weibull traffic of 5/s for two hours. Client 1: one window of 3,000 requests in a burst of about a
// minute. Client 2 has no token statistics.
const steady = Array.from({ length: 12 }, (_, index) => `m-a,0,${index * 600},5,1,Weibull,1,0.2`);
writeFileSync(
  RATES,
  [RATE_HEADER, ...steady, 'm-a,1,1200,5,1,Gamma,1,0.02', 'm-a,2,0,0.5,2,Gamma,0.25,8', 'm-b,7,0,9,1,Gamma,1,0.1'].join(
    '\n',
  ),
);
writeFileSync(
  TOKENS,
  `${TOKEN_HEADER}\nm-a,0,0,500,0,0,1500,0,200,0,0,500,0\nm-a,0,3600,5000,0,0,9000,0,200,0,0,500,0\nm-a,1,0,100,0,0,100,0,10,0,0,10,0\n`,
);

const OPTIONS: ServeGenOptions = {
  ...ASSUMED_CHAT,
  serveGenModel: 'm-a',
  startSeconds: 0,
  hours: 2,
  scale: 1,
  clientLimit: null,
  seed: 1,
};

function read(changes: Partial<ServeGenOptions> = {}, files = [RATES, TOKENS]): Promise<TraceRow[]> {
  return allRows(importServeGen(files, { ...OPTIONS, ...changes }, refuseBadRows()));
}

const ofClient = (rows: readonly TraceRow[], client: number) => rows.filter((row) => row.clientKey === `m-a-${client}`);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('servegen', () => {
  test('each window has its rate, scaled', async () => {
    for (const scale of [1, 0.25]) {
      const rows = await read({ scale });
      expect(ofClient(rows, 0).length).toBe(36_000 * scale);
      expect(ofClient(rows, 1).length).toBe(3_000 * scale);
      expect(ofClient(rows, 2).length).toBe(300 * scale);
    }
    // 0.01 x 3,000 x 12 = 360 is whole in every window; 0.0001 x 3,000 = 0.3 is so on average.
    const few = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => read({ scale: 0.0001, seed })));
    const counts = few.map((rows) => ofClient(rows, 0).length);
    expect(Math.abs(mean(counts) - 3.6)).toBeLessThan(2.5);
  });

  test('gaps keep the shape of the window, and a burst stays a burst', async () => {
    const rows = await read();
    const arrivals = ofClient(rows, 0).map((row) => row.arrivalMs);
    const gaps = arrivals.slice(1).map((atMs, index) => atMs - (arrivals[index] as number));
    const average = mean(gaps);
    const cv = Math.sqrt(mean(gaps.map((gap) => (gap - average) ** 2))) / average;
    expect(Math.abs(average / 200 - 1)).toBeLessThan(0.02);
    expect(Math.abs(cv - 1)).toBeLessThan(0.05);
    const burst = ofClient(rows, 1).map((row) => row.arrivalMs);
    expect(Math.min(...burst)).toBeGreaterThanOrEqual(1_200_000);
    expect(Math.max(...burst)).toBeLessThanOrEqual(1_800_000);
    expect(Math.abs((Math.max(...burst) - Math.min(...burst)) / 60_000 - 1)).toBeLessThan(0.15);
  });

  test('lengths have the mean and the 95 % quantile of the window that holds', async () => {
    const rows = ofClient(await read(), 0);
    for (const [from, to, wantedMean, wantedP95] of [
      [0, 3_600_000, 500, 1_500],
      [3_600_000, 7_200_000, 5_000, 9_000],
    ] as const) {
      const lengths = rows.filter((row) => row.arrivalMs >= from && row.arrivalMs < to).map((row) => row.inputTokens);
      const p95 = lengths.toSorted((a, b) => a - b)[Math.floor(0.95 * lengths.length)] as number;
      expect(Math.abs(mean(lengths) / wantedMean - 1)).toBeLessThan(0.05);
      expect(Math.abs(p95 / wantedP95 - 1)).toBeLessThan(0.05);
    }
  });

  test('a client without token statistics borrows those of one client, which one by a draw', async () => {
    const means = new Set<number>();
    for (let seed = 1; seed <= 12; seed++) {
      const rows = ofClient(await read({ seed, hours: 1, scale: 0.5 }), 2);
      const found = mean(rows.map((row) => row.inputTokens));
      // Client 1 has 100 tokens exactly, client 0 has 500 on average.
      if (found === 100) means.add(100);
      else if (Math.abs(found - 500) < 250) means.add(500);
      else expect.unreachable(`${found} tokens are nobody's`);
    }
    expect(means).toEqual(new Set([100, 500]));
  });

  test('a part of the data starts at 0, and the busiest clients can be chosen', async () => {
    const part = await read({ startSeconds: 1_200, hours: 1 });
    expect(Math.min(...part.map((row) => row.arrivalMs))).toBeLessThan(2_000);
    expect(Math.max(...part.map((row) => row.arrivalMs))).toBeLessThan(3_600_000);
    expect(new Set((await read({ clientLimit: 2 })).map((row) => row.clientKey))).toEqual(new Set(['m-a-0', 'm-a-1']));
  });

  test('the seed decides everything', async () => {
    const rows = await read({ scale: 0.02 });
    expect(await read({ scale: 0.02 })).toEqual(rows);
    expect(await read({ scale: 0.02, seed: 2 })).not.toEqual(rows);
    expect(new Set(rows.map((row) => row.requestId)).size).toBe(rows.length);
  });

  test.each<[string, Partial<ServeGenOptions>, readonly string[], RegExp]>([
    ['an unknown model', { serveGenModel: 'x' }, [RATES, TOKENS], /model x does not occur; --model can be m-a, m-b/],
    ['a time without traffic', { startSeconds: 86_400 }, [RATES, TOKENS], /no traffic from 86400 s/],
    ['no token table', {}, [RATES], /no token statistics for model m-a/],
    ['a model without statistics', { serveGenModel: 'm-b' }, [RATES, TOKENS], /no token statistics for model m-b/],
    ['no rate table', {}, [TOKENS], /no rates in/],
  ])('%s is told', async (_name, changes, files, message) => {
    await expect(read(changes, [...files])).rejects.toThrow(message);
  });

  test.each([
    ['m-a,0,0,5,1,Normal,1,1', /dist is "Normal"/],
    ['m-a,0,0,-5,1,Gamma,1,1', /rate_rps is -5/],
    ['m-a,0,0,5,1,Gamma,0,1', /param1 and param2/],
    ['m-a,0,100,5,1,Gamma,1,1', /no multiple of 600/],
    ['m-a,0,0', /3 fields in place of 8/],
  ])('a row %s is refused with file and line', async (bad, reason) => {
    const path = inFolder('bad.csv');
    writeFileSync(path, `${RATE_HEADER}\n${bad}\n`);
    await expect(read({}, [path, TOKENS])).rejects.toThrow(reason);
    await expect(read({}, [path, TOKENS])).rejects.toThrow(/bad\.csv:2: /);
  });
});
