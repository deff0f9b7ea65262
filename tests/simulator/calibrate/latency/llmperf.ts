/** First tokens of hosted LLMs as somebody measured them, where the data lie beside the project: which family fits. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  distributionOf,
  FAMILIES,
  fitFamily,
  type Family,
} from '../../../../simulator/calibrate/latency/residual-families.ts';
import { kolmogorovSmirnovAgainst } from '../../../../simulator/statistics/kolmogorov-smirnov.ts';

/** Beside the project. */
export const LLMPERF_PATH = fileURLToPath(
  new URL('../../../../../shared/traces/llmperf-leaderboard/llmperf_individual.csv.gz', import.meta.url),
);
const SUCCESSES_MIN = 50;
const FOLDS = 10;

export const hasLlmperf = existsSync(LLMPERF_PATH);

/** Kolmogorov-Smirnov distances of one provider's model, by family. */
export interface LlmperfGroup {
  readonly name: string;
  readonly rows: number;
  /** Fitted on rows of even sequence numbers, judged on the odd ones. */
  readonly otherHalf: Readonly<Record<Family, number>>;
  /**
   * Every row is judged by a fit on the nine tenths of the rows that it is not in; the distance is that of all these
   * probabilities together from evenly spread ones.
   */
  readonly crossValidated: Readonly<Record<Family, number>>;
}

/** Groups with at least 50 successes. */
export function llmperfGroups(path = LLMPERF_PATH): readonly LlmperfGroup[] {
  const [header, ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n');
  const names = header!.split(',');
  const place = (name: string): number => names.indexOf(name);
  const groups = new Map<string, { readonly sequence: number; readonly lnSeconds: number }[]>();
  for (const line of lines) {
    const fields = line.split(',');
    const seconds = Number(fields[place('ttft_s')]);
    if (fields[place('error_code')] !== '' || !(seconds > 0)) continue;
    const name = `${fields[place('provider')]} ${fields[place('model_size')]}`;
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push({ sequence: Number(fields[place('seq')]), lnSeconds: Math.log(seconds) });
  }
  return [...groups]
    .filter(([, rows]) => rows.length >= SUCCESSES_MIN)
    .map(([name, rows]) => {
      const values = rows.map(({ lnSeconds }) => lnSeconds);
      const even = rows.map(({ sequence }) => sequence % 2 === 0);
      const half = (wanted: boolean): number[] => values.filter((_, row) => even[row] === wanted);
      return {
        name,
        rows: rows.length,
        otherHalf: byFamily((family) => distance(probabilities(family, half(true), half(false)))),
        crossValidated: byFamily((family) => crossValidated(family, values)),
      };
    });
}

/** Median over the groups. */
export function medianDistance(
  groups: readonly LlmperfGroup[],
  how: 'otherHalf' | 'crossValidated',
  family: Family,
): number {
  const sorted = groups.map((group) => group[how][family]).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function byFamily(of: (family: Family) => number): Readonly<Record<Family, number>> {
  return Object.fromEntries(FAMILIES.map((family) => [family, of(family)])) as Record<Family, number>;
}

/** Probability of a value at most as large as each of `judged`, by a family fitted on others. */
function probabilities(family: Family, fittedOn: readonly number[], judged: readonly number[]): number[] {
  const ground = Float64Array.from(fittedOn);
  const distribution = fitFamily(family, distributionOf(ground, new Uint8Array(ground.length)));
  if (distribution === null) throw new Error(`${family} could not be fitted on ${fittedOn.length} rows`);
  return judged.map(distribution);
}

function crossValidated(family: Family, values: readonly number[]): number {
  const all = Array.from({ length: FOLDS }, (_, fold) =>
    probabilities(
      family,
      values.filter((_one, row) => row % FOLDS !== fold),
      values.filter((_one, row) => row % FOLDS === fold),
    ),
  ).flat();
  return distance(all);
}

/** Of probabilities from evenly spread ones, which they are where the distribution is right. */
function distance(ofRows: readonly number[]): number {
  return kolmogorovSmirnovAgainst(ofRows, (probability) => probability) ?? NaN;
}
