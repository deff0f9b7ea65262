/** First tokens of real providers for the twins of the live validation, where the data are on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { FirstTokenSamples } from '../../simulator/validate/live/truth-scenario.ts';

const PATH = fileURLToPath(
  new URL('../../../shared/traces/llmperf-leaderboard/llmperf_individual.csv.gz', import.meta.url),
);
/** Three providers that answer in unlike ways; cold starts have a model of their own. */
const PROVIDERS = ['anyscale', 'fireworks', 'together'] as const;
const MS_PER_SECOND = 1_000;
const COLD_START_MS = 10_000;
const SAMPLES_MIN = 100;

/** A list for each of the three providers, ms; null where the data are not on this machine. */
export function llmperfSamples(): FirstTokenSamples | null {
  if (!existsSync(PATH)) return null;
  const [header = '', ...lines] = gunzipSync(readFileSync(PATH)).toString('utf8').trim().split('\n');
  const columns = header.split(',');
  const cell = (line: string, name: string): string => line.split(',')[columns.indexOf(name)] ?? '';
  const samples = PROVIDERS.map((provider) =>
    lines
      .filter((line) => cell(line, 'provider') === provider && cell(line, 'error_code') === '')
      .map((line) => MS_PER_SECOND * Number(cell(line, 'ttft_s')))
      .filter((ms) => ms > 0 && ms < COLD_START_MS),
  );
  return samples.every(({ length }) => length >= SAMPLES_MIN) ? samples : null;
}
