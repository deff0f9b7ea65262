import { describe, expect, it } from 'vitest';
import { memoryTrace, type TraceSource } from '../../../datasets/index.ts';
import { rowsOfShared, shareTrace } from '../../../datasets/shared-trace.ts';
import { evidenceOf } from '../../../src/cli/tune/candidate-file.ts';
import { contentHash } from '../../../src/config/content-hash.ts';
import { evidenceSchema } from '../../../src/config/evidence-schema.ts';
import { loadPolicy, policyHash } from '../../../src/config/load-policy.ts';
import { parseObjective } from '../../../src/config/objective-text.ts';
import { knobsNamed } from '../../../src/config/policy-knobs.ts';
import type { Scenario, TwinDefinition } from '../../../simulator/scenario.ts';
import { collectorShape } from '../../../simulator/compare/compare.ts';
import { policyRun } from '../../../simulator/compare/policy-run.ts';
import { RunCollector } from '../../../simulator/compare/run-collector.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import { metricsOf } from '../../../simulator/tune/block-figures.ts';
import { scenarioVariants } from '../../../simulator/tune/fault-variants.ts';
import { runPolicyReplay, SearchInterrupted, type RunReplays } from '../../../simulator/tune/policy-replay.ts';
import { cutTrace } from '../../../simulator/tune/time-blocks.ts';
import { tune, type TuningFound } from '../../../simulator/tune/tune.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';

const NOISE = { kind: 'lognormal-mixture', components: [{ weight: 1, median: 1, sigma: 0.4 }] } as const;

function twin(medianMs: number, usdPerMillion: number): Partial<TwinDefinition> {
  return {
    firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(medianMs), residual: NOISE },
    prices: { ...STEADY_TWIN.prices, inputMicroUsdPerToken: usdPerMillion, outputMicroUsdPerToken: 4 * usdPerMillion },
  };
}

/** A fast and dear target beside a slow and cheap one. */
const CHOICE = scenarioOf([
  { id: 'fast.main.x', twin: twin(200, 2) },
  { id: 'cheap.main.y', twin: twin(2_500, 1) },
]);
/** Three that are alike: whatever a policy does, it makes no difference. */
const ALIKE = scenarioOf(['a', 'b', 'c'].map((name) => ({ id: `${name}.main.x`, twin: twin(300, 2) })));

const trace = memoryTrace(
  Array.from({ length: 1_500 }, (_, index) => rowAt(index * 700, index)),
  'even traffic',
);
const KNOBS = knobsNamed([
  'mode',
  'explorationRate',
  'score.weights.firstToken',
  'score.weights.speed',
  'score.weights.cost',
  'score.sharpness',
  'health.cooldownMs',
  'retry.attemptsMax',
]);

interface Asked {
  readonly scenario: Scenario;
  readonly objective: Parameters<typeof parseObjective>[0];
  readonly seed?: number;
  readonly replays?: number;
  /** In how many portions each list of replays is run, the last one first. */
  readonly portions?: number;
  readonly stopAfter?: number;
}

async function searched({
  scenario,
  objective,
  seed = 1,
  replays = 40,
  portions = 1,
  stopAfter,
}: Asked): Promise<TuningFound> {
  const shared = await shareTrace(trace);
  const cut = cutTrace(shared.arrivalMs, 0.3);
  const scenarios = scenarioVariants(scenario, cut.blocks, 'faults', seed);
  let runs = 0;
  const run: RunReplays = async (list) => {
    const figures = [];
    for (let portion = portions - 1; portion >= 0; portion--) {
      for (let index = portion; index < list.length; index += portions) {
        if (stopAfter !== undefined && runs++ >= stopAfter) throw new SearchInterrupted('told to stop');
        const each = list[index]!;
        const rows = rowsOfShared(shared, each.stretch.fromRow, each.stretch.toRow);
        figures[index] = await runPolicyReplay(each, rows, scenarios[each.variant]!, undefined);
      }
    }
    return figures as Awaited<ReturnType<RunReplays>>;
  };
  const ranked = loadPolicy('ranked');
  return tune({
    trace: { name: trace.name, sha256: trace.sha256, requests: trace.requests, spanMs: trace.spanMs },
    arrivalsMs: shared.arrivalMs,
    cut,
    holdoutShare: 0.3,
    scenarios: scenarios.map((each) => ({ name: each.name, sha256: contentHash(each) })),
    incumbent: ranked,
    defaultPolicy: ranked,
    baselines: ['random', 'lowest-latency'].map(loadPolicy),
    knobs: KNOBS,
    objective: parseObjective(objective),
    seed,
    replays,
    run,
  });
}

describe('tune', () => {
  const cheap = { minimize: 'cost', subjectTo: 'p95_first_token_ms<=7000, success>=0.99' };

  it('finds the cheap target where the first token may take its time', async () => {
    const found = await searched({ scenario: CHOICE, objective: cheap });
    expect(found.why).toMatch(/the utility is better by/);
    expect(found).toMatchObject({ verdict: 'better', isPartial: false, incumbent: { name: 'ranked' } });
    const cost = found.predicted.holdout.find(({ metric }) => metric === 'cost')!;
    expect(cost.candidate.value!).toBeLessThan(0.6 * cost.incumbent.value!);
    expect(cost.difference.high95!).toBeLessThan(0);
    expect(found.candidate!.policyHash).toBe(policyHash(found.candidate!.policy));
    expect(found.compared.map(({ name }) => name)).toEqual(['ranked', 'random', 'lowest-latency']);
    expect(found.pareto.length).toBeGreaterThan(1);
    expect(found.byHour.reduce((sum, { requests }) => sum + requests, 0)).toBe(450);
    expect(found.replayedRequests).toBeLessThan(1.05 * 40 * 1_050);
    const evidence = evidenceOf({ ...found, command: 'tokenpool tune', wallMs: 1 }, CHOICE.pool, 1_750_000_000_000);
    expect(evidenceSchema.parse(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence);
  });

  it('keeps to the fast target where it may not', async () => {
    const found = await searched({ scenario: CHOICE, objective: { ...cheap, subjectTo: 'p95_first_token_ms<=600' } });
    const ofCandidate = found.predicted.holdout.find(({ metric }) => metric === 'p95_first_token_ms')!;
    if (found.verdict === 'better') expect(ofCandidate.candidate.value).toBeLessThanOrEqual(600);
    else expect(found.why).toMatch(/^No better policy was found/);
  });

  it('says so where there is nothing to be found', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const found = await searched({ scenario: ALIKE, objective: { minimize: 'p95_first_token_ms' }, seed });
      expect(found.verdict, `seed ${seed}: ${found.why}`).toBe('no-better');
    }
  });

  it('does not depend on the order in which replays run', async () => {
    const asked = { scenario: CHOICE, objective: cheap, replays: 30 };
    expect(await searched({ ...asked, portions: 3 })).toEqual(await searched(asked));
  });

  it('says what is known when it is interrupted', async () => {
    const found = await searched({ scenario: CHOICE, objective: cheap, stopAfter: 30 });
    expect(found).toMatchObject({ isPartial: true, verdict: 'no-better', predicted: { train: [], holdout: [] } });
    expect(found.trials.length).toBeGreaterThan(2);
  });
});

it('the figures of a search are those of compare', async () => {
  const { policy } = loadPolicy('weighted');
  const settings = { scenario: CHOICE, policy, seed: 5 };
  const observer = new RunCollector(collectorShape(trace, CHOICE));
  const totals = await replay(trace, { ...settings, observer });
  observer.finish(totals.router);
  const run = policyRun({ name: '', policyHash: '' }, observer, totals.router, totals.inFlight);
  const figures = await runPolicyReplay(
    {
      ...settings,
      policyHash: '',
      variant: 0,
      stretch: { fromRow: 0, countFromRow: 0, toRow: trace.requests },
      blocks: 7,
    },
    trace satisfies TraceSource,
    CHOICE,
    undefined,
  );
  expect(metricsOf(figures.blocks)).toEqual({
    cost: expect.closeTo(run.costUsdPer1kRequests, 9) as number,
    success: run.successRatio,
    p50_first_token_ms: run.firstTokenMs.p50,
    p95_first_token_ms: run.firstTokenMs.p95,
    p99_first_token_ms: run.firstTokenMs.p99,
    p95_duration_ms: run.durationMs.p95,
    budget_overshoot: 0,
  });
  expect(figures.classes.reduce((sum, { ended }) => sum + ended, 0)).toBe(trace.requests);
});
