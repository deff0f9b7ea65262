/**
 * A live proxy before three twins: a cheap one that fails at times, a dear and sure one, and one that is cheaper still, very
 * slow, and fails more often than not. With candidates for its policy of which it is known whether they are any good, and a
 * load that does not end by itself.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryTrace } from '../../../datasets/memory-trace.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { runTraffic } from '../../../simulator/traffic/run-traffic.ts';
import type { TrafficResult } from '../../../simulator/traffic/traffic-result.ts';
import type { AnswerHeaders } from '../../../simulator/traffic/sent-request.ts';
import type { Twins } from '../../../simulator/twin-server/start-twins.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import type { Evidence } from '../../../src/config/evidence-schema.ts';
import { loadGateway } from '../../../src/config/load-gateway.ts';
import { parsePolicy } from '../../../src/config/load-policy.ts';
import type { PoliciesPage } from '../../../src/proxy/admin/index.ts';
import type { PromotionPlan, Promotion, Stage } from '../../../src/policies/promotion.ts';
import { drawUniform, hashText } from '../../../src/router/keyed-draw.ts';
import { evidenceFor } from '../../policies/evidence-in-small.ts';
import { PATIENT_POLICY } from './live-traffic.ts';
import { until } from './until.ts';
import { startBeforeTwins, twinSecrets, type LiveProxy } from './running-proxy.ts';

export const ADMIN_TOKEN = 'operators-only-3f9c';
/** Slow enough that a busy machine adds little to the twins' times. */
export const SPEED = 10;

/** What is in force: the cheap one first, with retries for where it fails. */
export const IN_FORCE = {
  ...PATIENT_POLICY,
  explorationRate: 0.05,
  score: {
    // Nothing that is measured in time, which a busy machine would spoil.
    weights: { success: 0.45, firstToken: 0, speed: 0, cache: 0, cost: 0.55, load: 0 },
    references: { usdPerMillionTokens: 4.3 },
    stability: { recentFailures: 1_000_000 },
  },
  // Whoever fails at times is not to be left alone for it: that would hide what the policies differ in.
  health: { minSamples: 1_000_000, latencySpikeFactor: 1_000 },
  classes: { profiles: { chat: { latency: 1, throughput: 1, cost: 1, stability: 1 } } },
  retry: { ...PATIENT_POLICY.retry, attemptsMax: 3 },
};

const weighing = (weights: object): object => ({
  ...IN_FORCE,
  score: { ...IN_FORCE.score, weights: { ...IN_FORCE.score.weights, ...weights } },
});

/** By name, in the form of a policy file. */
export const GOOD: Readonly<Record<string, object>> = {
  sharper: { ...IN_FORCE, score: { ...IN_FORCE.score, sharpness: 16 } },
  steadier: { ...IN_FORCE, explorationRate: 0.03 },
  patient: { ...IN_FORCE, retry: { ...IN_FORCE.retry, attemptsMax: 4 } },
};
export const BAD: Readonly<Record<string, object>> = {
  dear: weighing({ success: 1, cost: 0 }),
  slow: weighing({ success: 0, cost: 1 }),
  'gives-up': { ...IN_FORCE, retry: { ...IN_FORCE.retry, attemptsMax: 1 } },
};

/** In the proxy's time, which runs at {@link SPEED}: five seconds of canary. */
export const QUICK_PLAN: PromotionPlan = {
  shadowForMs: 10_000,
  canaryShare: 0.3,
  canaryForMs: 50_000,
  requestsMin: 60,
  guards: { successDropMax: -0.01, lateFirstTokenFactorMax: 2, costFactorMax: 1.1, budgetUseMax: 1 },
};

export interface PromotionTrial extends LiveProxy {
  readonly twins: Twins;
  /** Calls the admin API. */
  admin(method: 'GET' | 'POST', path: string, body?: unknown): Promise<readonly [status: number, body: unknown]>;
  /** Orders the promotion of a policy in the form of a file, with evidence that speaks for it. */
  promote(name: string, policy: object, changes?: TrialOrder): Promise<readonly [status: number, body: unknown]>;
  page(): Promise<PoliciesPage>;
  /** Waits until the promotion is in that stage, or is over. */
  until(id: string, stage: Stage, timeoutMs?: number): Promise<Promotion>;
  /** Writes a policy file with evidence, and gives its path. */
  policyFile(name: string, policy: object, evidence?: Partial<Evidence>): string;
}

export interface TrialOrder {
  readonly plan?: Partial<PromotionPlan>;
  readonly evidence?: Partial<Evidence> | null;
  readonly force?: string;
  readonly who?: string;
}

export async function startPromotionTrial(isServed: boolean): Promise<PromotionTrial> {
  const scenario = threeTwins();
  const live = await startBeforeTwins(scenario, {
    speed: SPEED,
    policy: IN_FORCE,
    admin: { tokenEnv: 'TRIAL_ADMIN' },
    environment: { TRIAL_ADMIN: ADMIN_TOKEN },
    isServed,
    logLevel: 'warn',
  });
  const evidenceOf = (policy: object, changes: Partial<Evidence> = {}): Evidence => {
    const { pool, policy: inForce } = loadGateway(live.configPath, {
      TRIAL_ADMIN: ADMIN_TOKEN,
      ...twinSecrets(live.twins),
    });
    return evidenceFor(parsePolicy('candidate', policy), pool, inForce.policy, changes);
  };
  const trial: PromotionTrial = Object.assign(live, {
    async admin(method: 'GET' | 'POST', path: string, body?: unknown) {
      const response = await fetch(`${live.url}/admin/${path}`, {
        method,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return [response.status, await response.json()] as const;
    },
    promote(name: string, policy: object, { plan, evidence = {}, force, who = 'anna' }: TrialOrder = {}) {
      const given = evidence === null ? null : evidenceOf(policy, evidence);
      const order = { name, policy, evidence: given, plan: { ...QUICK_PLAN, ...plan }, who, force: force ?? null };
      return trial.admin('POST', 'policies/promote', order);
    },
    async page(): Promise<PoliciesPage> {
      const [status, body] = await trial.admin('GET', 'policies');
      if (status !== 200) throw new Error(`GET /admin/policies: ${status} ${JSON.stringify(body)}`);
      return body as PoliciesPage;
    },
    async until(id: string, stage: Stage, timeoutMs = 20_000): Promise<Promotion> {
      const giveUpAtMs = performance.now() + timeoutMs;
      for (;;) {
        const { promotion, active, past } = await trial.page();
        const found = [...(promotion === null ? [] : [promotion]), ...active, ...past].find((each) => each.id === id);
        if (found !== undefined && (found.stage === stage || found.id !== promotion?.id)) return found;
        if (performance.now() > giveUpAtMs) throw new Error(`${id} is in ${found?.stage}, not in ${stage}`);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    },
    policyFile(name: string, policy: object, evidence: Partial<Evidence> = {}): string {
      const path = join(live.folder, `${name}.yaml`);
      writeFileSync(path, JSON.stringify({ ...policy, evidence: evidenceOf(policy, evidence) }));
      return path;
    },
  });
  return trial;
}

function threeTwins(): Scenario {
  const twin = (medianMs: number, factor: number, serverError: number) => ({
    firstToken: {
      ...STEADY_TWIN.firstToken,
      b0: Math.log(medianMs),
      residual: { kind: 'lognormal-mixture', components: [{ weight: 1, median: 1, sigma: 0.25 }] } as const,
    },
    errors: { ...STEADY_TWIN.errors, serverError },
    prices: {
      inputMicroUsdPerToken: factor,
      outputMicroUsdPerToken: 4 * factor,
      cacheReadMicroUsdPerToken: factor / 10,
      cacheWriteMicroUsdPerToken: factor,
      billsAborted: true,
    },
  });
  return scenarioOf([
    { id: 'cheap.main.small', twin: twin(1_500, 0.8, 0.2) },
    { id: 'dear.main.small', twin: twin(200, 4, 0) },
    { id: 'slow.main.small', twin: twin(40_000, 0.7, 0.6) },
  ]);
}

export interface TrialLoad {
  /** Policies that answers named, and how often. */
  readonly policies: ReadonlyMap<string, number>;
  /** Waits for so many answers: before the core knows its targets, a policy is not what it is meant to be. */
  answered(count: number): Promise<void>;
  /** Ends it, and says what came of it. */
  end(): Promise<TrafficResult>;
}

/** Requests evenly in time, a part of them of sessions. @param perSecond on the wall */
export function trialLoad(url: string, perSecond: number, seed = 1, requestsMax = 100_000): TrialLoad {
  const gapMs = (1_000 * SPEED) / perSecond;
  const rows = Array.from({ length: requestsMax }, (_, index) => {
    const luck = (purpose: number): number => drawUniform(seed, hashText(`${index}`), purpose, 11);
    // A session is at it for a hundred requests of all.
    const session = Math.floor(index / 100) * 10 + Math.floor(10 * luck(1));
    return rowAt(index * gapMs, index, {
      clientKey: 'default',
      sessionId: luck(0) < 0.4 ? `session-${session}` : null,
      inputTokens: 40 + Math.floor(160 * luck(2)),
      outputTokens: 2 + Math.floor(20 * luck(3)),
      stream: luck(4) < 0.9,
    });
  });
  const controller = new AbortController();
  const policies = new Map<string, number>();
  const whole = runTraffic({
    trace: memoryTrace(rows, 'trial'),
    url: `${url}/openai/v1`,
    speed: SPEED,
    signal: controller.signal,
    onAnswered: (_status: number, headers: AnswerHeaders) => {
      const hash = String(headers['x-token-pool-policy'] ?? '');
      policies.set(hash, (policies.get(hash) ?? 0) + 1);
    },
  });
  const answers = (): number => [...policies.values()].reduce((sum, count) => sum + count, 0);
  return {
    policies,
    answered: (count) => until(() => answers() >= count, `${count} answers`, 60_000),
    async end() {
      controller.abort();
      return whole;
    },
  };
}
