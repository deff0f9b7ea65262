/**
 * A process of its own, so that its memory is its own: a generated trace in shared memory, and threads that each replay the
 * train part of it. Arguments: requests, threads. Prints the seconds and the peak of resident memory as JSON.
 */
import { readFileSync } from 'node:fs';
import { generateTrace, GENERATOR_PROFILES } from '../../datasets/generator/index.ts';
import { shareTrace } from '../../datasets/shared-trace.ts';
import { cutTrace, wholeTrain } from '../../simulator/tune/time-blocks.ts';
import { settleEngine } from '../../src/cli/engine-settings.ts';
import { startReplayPool } from '../../src/cli/tune/replay-pool.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';

const REQUESTS_PER_HOUR = 6_000;
const SEED = 3;

settleEngine();
const [requests, threads] = process.argv.slice(2).map(Number) as [number, number];
const hours = Math.ceil(requests / REQUESTS_PER_HOUR);
const trace = await shareTrace(generateTrace({ ...GENERATOR_PROFILES.mixed, seed: SEED, requests, hours }));
const cut = cutTrace(trace.arrivalMs, 0.3);
const { policy, hash } = loadPolicy('ranked');
const pool = await startReplayPool({ trace, scenarios: [loadScenario('calm-day').scenario], recorded: null }, threads);
const startMs = performance.now();
await pool.run(
  Array.from({ length: threads }, (_, index) => ({
    policy,
    policyHash: hash,
    variant: 0,
    seed: index,
    stretch: wholeTrain(cut),
    blocks: 1,
  })),
  () => undefined,
);
const seconds = (performance.now() - startMs) / 1_000;
await pool.close();
const peakKiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
process.stdout.write(
  `${JSON.stringify({ seconds, replayedPerSecond: (threads * cut.trainRows) / seconds, residentMiB: peakKiB / 1_024 })}\n`,
);
