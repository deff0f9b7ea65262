/** The whole loop again and again, each time before other providers: whether what a tuning promises comes true on the live proxy. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { checkSettings, generateTrace } from '../../datasets/generator/index.ts';
import { writeTrace } from '../../datasets/index.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import { drawnScenario } from '../../simulator/validate/live/drawn-scenario.ts';
import { runLab } from '../../src/cli/lab/run-lab.ts';
import { makeTemporaryFolder } from '../../src/cli/temporary-folder.ts';
import { validationTraffic } from '../../src/cli/validate/validation-traffic.ts';
import { policyHash, type NamedPolicy } from '../../src/config/load-policy.ts';
import { scenarioFormOf } from '../../src/config/scenario-form.ts';
import type { Estimated } from '../../src/config/evidence-schema.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/router/index.ts';
import type { MeasuredMetric } from '../../src/policies/measured-promotion.ts';
import { holds, type Check, type Proof } from './proof.ts';

const LOOPS = 20;
const INSIDE_MIN = 18;
/** A drawn pool may hold nothing that a policy could gain; then nothing is promoted, and another is drawn. */
const SCENARIOS_MAX = 40;
const SEED = 7_000;
const REQUESTS = 2_000;
const REQUESTS_PER_SECOND = 2.5;
const SPEED = 40;
/** Explores a little: of a provider that the log has never seen nobody can promise anything. */
const POLICY: Policy = { ...DEFAULT_POLICY, mode: 'ranked', explorationRate: 0.05 };
const INCUMBENT: NamedPolicy = { name: 'exploring', policy: POLICY, hash: policyHash(POLICY) };
const METRICS = ['cost', 'p95_first_token_ms', 'success'] as const;

export const loops: Proof = {
  name: 'loops',
  about: `${LOOPS} loops of serve, fit, tune, promote and serve again: what was promised against what came`,
  async run(report) {
    const measured: (readonly MeasuredMetric[])[] = [];
    for (let index = 0; index < SCENARIOS_MAX && measured.length < LOOPS; index++) {
      const loop = await loopIn(index);
      report(loopLine(index, loop));
      if (loop.verdict === 'better') measured.push(loop.metrics);
    }
    report(holds('loops with a promotion', String(measured.length), String(LOOPS), measured.length === LOOPS));
    for (const metric of METRICS) {
      const found = measured.map((metrics) => metrics.find((each) => each.metric === metric));
      const inside = found.filter((each) => each?.agreement === 'inside').length;
      report(holds(`${metric}: inside`, `${inside} of ${found.length}`, `>= ${INSIDE_MIN}`, inside >= INSIDE_MIN));
    }
  },
};

interface Loop {
  readonly verdict: string;
  /** How the promotion ended, in words. */
  readonly end: string;
  /** Empty when nothing was promoted, or it was taken back. */
  readonly metrics: readonly MeasuredMetric[];
  readonly isRepeated: boolean;
}

async function loopIn(index: number): Promise<Loop> {
  const folder = makeTemporaryFolder('tokenpool-loops-');
  const seed = SEED + index;
  const requests = 2 * REQUESTS;
  try {
    const tracePath = join(folder, 'trace.parquet');
    await writeTrace(tracePath, singleRequests(seed, requests));
    const scenarioPath = join(folder, 'drawn.scenario.yaml');
    await writeFile(scenarioPath, stringify(scenarioFormOf(drawnScenario(SEED, index))));
    const { result, parity } = await runLab({
      tracePath,
      scenarioName: scenarioPath,
      policies: [INCUMBENT],
      policyPaths: [INCUMBENT.name],
      explore: 0,
      seed,
      speed: SPEED,
      requestsMax: REQUESTS,
      out: join(folder, 'lab'),
      command: 'npm run prove -- --only loops',
      onStep: () => undefined,
    });
    const { promotion, tuning } = result;
    return {
      verdict: tuning.verdict,
      end: promotion === null ? tuning.why : `${promotion.stage}: ${promotion.why}`,
      metrics: promotion?.measured?.metrics ?? [],
      isRepeated: parity.firstDifference === null && parity.identical === parity.decisions,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Requests that stand alone. In conversations prompts grow, and their mean size wanders by a fifth from one quarter of an hour
 * to the next: more than intervals over blocks of seconds know, and no fault of the twins that are on trial here.
 */
async function* singleRequests(seed: number, requests: number): AsyncGenerator<readonly TraceRow[]> {
  const traffic = validationTraffic(seed, requests, requests / REQUESTS_PER_SECOND / 3_600);
  const clients = traffic.clients.map((client) => ({ ...client, sessions: null }));
  yield* generateTrace(checkSettings({ ...traffic, clients })).batches();
}

/** A single miss is shown, and judged with the others; a log that is not repeated fails by itself. */
function loopLine(index: number, { verdict, end, metrics, isRepeated }: Loop): Check {
  const figures = METRICS.flatMap((metric) => metrics.filter((each) => each.metric === metric)).map(metricText);
  const figure = figures.length > 0 ? figures.join('; ') : `${verdict}: ${end}`;
  return holds(`loop ${index}`, figure, 'log repeated', isRepeated);
}

function metricText({ metric, measured, predicted, expected, agreement }: MeasuredMetric): string {
  return `${metric} ${digits(measured.value)}, promised ${digits(predicted.value)}, expected ${rangeText(expected)}: ${agreement}`;
}

function rangeText({ low95, high95 }: Estimated): string {
  return `${digits(low95)} to ${digits(high95)}`;
}

function digits(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)));
}
