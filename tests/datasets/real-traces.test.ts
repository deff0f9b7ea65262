/** The importers on the real public data, where it lies beside the project; it is never part of the repository. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  ASSUMED_CHAT,
  importAzure,
  importMooncake,
  importServeGen,
  importTrace,
} from '../../datasets/importers/index.ts';
import { openTrace } from '../../datasets/index.ts';
import { allRows, temporaryFolder } from './rows.ts';

const inFolder = temporaryFolder();
const pathOf = (name: string): string => fileURLToPath(new URL(`../../../shared/traces/${name}`, import.meta.url));
const AZURE = pathOf('azure-llm-2023/AzureLLMInferenceTrace_conv.csv');
const MOONCAKE = pathOf('mooncake/conversation_trace.jsonl.gz');
const SERVEGEN = [
  pathOf('servegen/servegen_client_rates.csv.gz'),
  pathOf('servegen/servegen_client_token_stats.csv.gz'),
];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const settings = (out: string, rebase: boolean) => ({ out, skipBadRows: false, rebase });

describe.runIf(existsSync(AZURE))('the Azure chat trace of 2023', () => {
  test('has the rows, the span and the means that its readme gives', async () => {
    const out = inFolder('azure.parquet');
    const summary = await importTrace((rejects) => importAzure([AZURE], ASSUMED_CHAT, rejects), settings(out, true));
    expect([summary.requests, Math.round(summary.spanMs / 1_000), summary.rejected]).toEqual([19_366, 3_502, 0]);
    const rows = await allRows(await openTrace(out));
    expect(Math.round(mean(rows.map((row) => row.inputTokens)))).toBe(1_155);
    expect(Math.round(mean(rows.map((row) => row.outputTokens)))).toBe(211);
    // 18:15:46.6805900 to 18:15:50.9951690
    expect(rows[1]?.arrivalMs).toBe(4_314.579);
  });
});

describe.runIf(existsSync(MOONCAKE))('the Mooncake conversation trace', () => {
  test('has its rows spread out and its prefixes kept', async () => {
    const out = inFolder('mooncake.parquet');
    const options = { ...ASSUMED_CHAT, seed: 1 };
    const summary = await importTrace((rejects) => importMooncake([MOONCAKE], options, rejects), settings(out, false));
    expect(summary.requests).toBe(12_031);
    const rows = await allRows(await openTrace(out));
    expect(new Set(rows.map((row) => row.arrivalMs)).size).toBeGreaterThan(12_000);
    // Some bins hold many requests, no 100 ms do.
    const perTenth = new Map<number, number>();
    for (const row of rows)
      perTenth.set(Math.floor(row.arrivalMs / 100), (perTenth.get(Math.floor(row.arrivalMs / 100)) ?? 0) + 1);
    expect(Math.max(...perTenth.values())).toBeLessThan(12);
    expect(rows.every((row) => row.prefixBlocks?.length === Math.ceil(row.inputTokens / 512))).toBe(true);
    // Ideal prefix hits: blocks seen before, as a share of all input tokens (37.4 %).
    const seen = new Set<number>();
    let [hit, total] = [0, 0];
    for (const row of rows) {
      let warm = true;
      for (const [place, block] of (row.prefixBlocks ?? []).entries()) {
        warm &&= seen.has(block);
        if (warm) hit += Math.min(512, row.inputTokens - place * 512);
        seen.add(block);
      }
      total += row.inputTokens;
    }
    expect(Math.abs(hit / total - 0.374)).toBeLessThan(0.01);
  });
});

describe.runIf(SERVEGEN.every((path) => existsSync(path)))('the ServeGen statistics', () => {
  test('give a day of a model, thinned, with its curve', async () => {
    const out = inFolder('servegen.parquet');
    const options = {
      ...ASSUMED_CHAT,
      serveGenModel: 'm-small',
      startSeconds: 3 * 86_400,
      hours: 24,
      scale: 0.0005,
      clientLimit: null,
      seed: 1,
    };
    const summary = await importTrace((rejects) => importServeGen(SERVEGEN, options, rejects), settings(out, false));
    const rows = await allRows(await openTrace(out));
    const perHour = Array.from(
      { length: 24 },
      (_, hour) => rows.filter((row) => Math.floor(row.arrivalMs / 3_600_000) === hour).length,
    );
    // Sums of rate x 600 over the clients of the model, for hours 4 and 21 of day 3.
    expect(Math.abs((perHour[4] ?? 0) / (2_883_755.86 * 0.0005) - 1)).toBeLessThan(0.06);
    expect(Math.abs((perHour[21] ?? 0) / (5_332_303.23 * 0.0005) - 1)).toBeLessThan(0.06);
    expect(summary.spanMs).toBeLessThan(86_400_000);
    expect(new Set(rows.map((row) => row.clientKey)).size).toBeGreaterThan(10);
  });
});
