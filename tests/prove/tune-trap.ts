/** Traffic on which no policy is better than another: how often a search promotes one all the same. */
import { memoryTrace, type TraceSource } from '../../datasets/index.ts';
import { rowsOfShared, shareTrace } from '../../datasets/shared-trace.ts';
import { scenarioVariants } from '../../simulator/tune/fault-variants.ts';
import { runPolicyReplay, type RunReplays } from '../../simulator/tune/policy-replay.ts';
import { cutTrace } from '../../simulator/tune/time-blocks.ts';
import { tune, type TuningFound } from '../../simulator/tune/tune.ts';
import { rowAt, scenarioOf } from '../../simulator/validate/small/pool-in-small.ts';
import { STEADY_TWIN } from '../../simulator/validate/small/small-scenario.ts';
import { contentHash } from '../../src/config/content-hash.ts';
import { BUILT_IN_POLICIES, loadPolicy } from '../../src/config/load-policy.ts';
import { parseObjective } from '../../src/config/objective-text.ts';
import { usualKnobs } from '../../src/config/policy-knobs.ts';
import { holds, type Proof } from './proof.ts';

const SEEDS = 40;
const REPLAYS = 40;
const REQUESTS = 1_500;
const GAP_MS = 700;
const HOLDOUT = 0.3;
const FALSE_SHARE_MAX = 0.05;

export const trap: Proof = {
  name: 'trap',
  about: 'traffic on which no policy is better than another: how often tune promotes one all the same',
  run: async (report) => {
    const promoted: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { verdict } = await searchOf(trapTrace(seed), seed * 100);
      if (verdict === 'better') promoted.push(seed);
    }
    const which = promoted.length === 0 ? '' : ` (${promoted.join(', ')})`;
    const limit = `<= ${FALSE_SHARE_MAX * SEEDS} of ${SEEDS}`;
    const isFew = promoted.length <= FALSE_SHARE_MAX * SEEDS;
    report(holds('false promotions', `${promoted.length} of ${SEEDS} seeds${which}`, limit, isFew));
  },
};

/** In this thread: so short a search is over before a thread has read its code. */
async function searchOf(trace: TraceSource, seed: number): Promise<TuningFound> {
  const shared = await shareTrace(trace);
  const cut = cutTrace(shared.arrivalMs, HOLDOUT);
  const scenarios = scenarioVariants(ALIKE, cut.blocks, 'faults', seed);
  const run: RunReplays = async (replays) => {
    const figures = [];
    for (const each of replays) {
      const rows = rowsOfShared(shared, each.stretch.fromRow, each.stretch.toRow);
      figures.push(await runPolicyReplay(each, rows, scenarios[each.variant]!, undefined));
    }
    return figures;
  };
  const [incumbent, ...baselines] = BUILT_IN_POLICIES.map(loadPolicy);
  return tune({
    trace: { name: trace.name, sha256: trace.sha256, requests: trace.requests, spanMs: trace.spanMs },
    arrivalsMs: shared.arrivalMs,
    cut,
    holdoutShare: HOLDOUT,
    scenarios: scenarios.map((each) => ({ name: each.name, sha256: contentHash(each) })),
    incumbent: incumbent!,
    defaultPolicy: incumbent!,
    baselines,
    knobs: usualKnobs(),
    objective: parseObjective({ minimize: 'p95_first_token_ms' }),
    seed,
    replays: REPLAYS,
    run,
  });
}

/** Traffic of its own for each seed: luck is drawn by the ids of requests. */
function trapTrace(seed: number): TraceSource {
  const rows = Array.from({ length: REQUESTS }, (_, index) => rowAt(index * GAP_MS, seed * REQUESTS + index));
  return memoryTrace(rows, `trap ${seed}`);
}

/** Three targets that are alike in all but their names, with noise. */
const ALIKE = scenarioOf(
  ['a', 'b', 'c'].map((name) => {
    const residual = { kind: 'lognormal-mixture', components: [{ weight: 1, median: 1, sigma: 0.6 }] } as const;
    return { id: `${name}.main.x`, twin: { firstToken: { ...STEADY_TWIN.firstToken, residual } } };
  }),
);
