/** What threads bring a search, and what memory they take: one trace in memory, whatever their number. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generateTrace, GENERATOR_PROFILES } from '../../datasets/generator/index.ts';
import { shareTrace } from '../../datasets/shared-trace.ts';
import { givenCandidate, randomCandidates } from '../../simulator/tune/candidates.ts';
import { createSearchSpace } from '../../simulator/tune/search-space.ts';
import { cutTrace, wholeTrain } from '../../simulator/tune/time-blocks.ts';
import type { PolicyReplay } from '../../simulator/tune/policy-replay.ts';
import { startReplayPool } from '../../src/cli/tune/replay-pool.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { usualKnobs } from '../../src/config/policy-knobs.ts';

const MEMORY = fileURLToPath(new URL('./tune-memory.ts', import.meta.url));
const REQUESTS = 30_000;
const HOURS = 5;
const SEED = 3;
const ROUNDS = 3;

export interface TuneFigures {
  /** Replays of other policies times requests by the wall clock, the best of some rounds. */
  readonly replayedPerSecondOneWorker: number;
  readonly replayedPerSecondTwoWorkers: number;
  /** Speed of two over twice that of one. */
  readonly efficiencyOfTwo: number;
  readonly memoryRequests: number;
  readonly memoryThreads: number;
  readonly residentMiB: number;
}

/** @param memoryRequests of the trace whose memory is measured, for example 5 million */
export async function measureTune(
  memoryRequests: number,
  replays: number,
  say: (text: string) => void,
): Promise<TuneFigures> {
  say(`tune: ${replays} replays of ${REQUESTS} requests on one thread and on two, of ${availableParallelism()} cores`);
  const [one, two] = await speeds(replays);
  const memoryThreads = 4;
  say(`tune: memory of ${memoryThreads} threads over ${memoryRequests} requests`);
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    MEMORY,
    String(memoryRequests),
    String(memoryThreads),
  ]);
  const { residentMiB } = JSON.parse(stdout) as { readonly residentMiB: number };
  return {
    replayedPerSecondOneWorker: one,
    replayedPerSecondTwoWorkers: two,
    efficiencyOfTwo: two / (2 * one),
    memoryRequests,
    memoryThreads,
    residentMiB,
  };
}

/** By turns, so that what else the machine does strikes both; the best round of each counts. */
async function speeds(replays: number): Promise<readonly [number, number]> {
  const trace = await shareTrace(
    generateTrace({ ...GENERATOR_PROFILES.mixed, seed: SEED, requests: REQUESTS, hours: HOURS }),
  );
  const stretch = wholeTrain(cutTrace(trace.arrivalMs, 0.3));
  const { policy } = loadPolicy('ranked');
  const space = createSearchSpace(usualKnobs(), policy);
  const candidates = [givenCandidate(space, 'incumbent', policy), ...randomCandidates(space, replays - 1, SEED)];
  const list = candidates.map(({ policy, policyHash }): PolicyReplay => ({
    policy,
    policyHash,
    variant: 0,
    seed: SEED,
    stretch,
    blocks: 1,
  }));
  const scenarios = [loadScenario('calm-day').scenario];
  const pools = [
    await startReplayPool({ trace, scenarios, recorded: null }, 1),
    await startReplayPool({ trace, scenarios, recorded: null }, 2),
  ];
  const best = [0, 0];
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, pool] of pools.entries()) {
        const startMs = performance.now();
        await pool.run(list, () => undefined);
        const speed = (list.length * stretch.toRow * 1_000) / (performance.now() - startMs);
        // The first round is for the engine to get to know the code.
        if (round > 0) best[index] = Math.max(best[index]!, speed);
      }
    }
  } finally {
    for (const pool of pools) await pool.close();
  }
  return [best[0]!, best[1]!];
}
