/**
 * A process of its own that replays generated traffic while it is made, and prints what that took as one line of JSON.
 *
 *     node --import tsx tests/prove/generated-run.ts REQUESTS
 */
import { generateTrace, GENERATOR_PROFILES } from '../../datasets/generator/index.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { collectorShape } from '../../simulator/compare/compare.ts';
import { policyRun } from '../../simulator/compare/policy-run.ts';
import { RunCollector } from '../../simulator/compare/run-collector.ts';
import { replay } from '../../simulator/replay/replay.ts';
import { checkBalance } from '../simulator/replay/witness.ts';

export interface GeneratedRun {
  readonly requests: number;
  readonly completed: number;
  readonly wallMs: number;
  /** Highest resident set of the whole process, bytes. */
  readonly rssMax: number;
  /** Highest resident set after a quarter of the requests, bytes. */
  readonly rssMaxAtQuarter: number;
}

/** About what the shipped scenario's pool carries, requests a second. */
const RATE = 5;
const KIBIBYTE = 1_024;

const requests = Number(process.argv[2]);
const startMs = performance.now();
const trace = generateTrace({ ...GENERATOR_PROFILES.mixed, requests, hours: requests / RATE / 3_600, seed: 1 });
const { scenario } = loadScenario('provider-outage');
const { policy, name, hash } = loadPolicy('ranked');
const collector = new RunCollector(collectorShape(trace, scenario));
let rssMaxAtQuarter = 0;
const totals = await replay(trace, {
  scenario,
  policy,
  seed: 1,
  observer: collector,
  onProgress: (rows) => {
    if (rows * 4 <= requests) rssMaxAtQuarter = process.resourceUsage().maxRSS * KIBIBYTE;
  },
});
collector.finish(totals.router);
const run = policyRun({ name, policyHash: hash }, collector, totals.router, totals.inFlight);
checkBalance(run);
const result: GeneratedRun = {
  requests: run.arrivals,
  completed: run.completed,
  wallMs: performance.now() - startMs,
  rssMax: process.resourceUsage().maxRSS * KIBIBYTE,
  rssMaxAtQuarter,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
