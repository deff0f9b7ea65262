/** A proxy without one: a life of policies over a folder, with a clock and guards in the test's hands. */
import { PolicyLifecycle, type PromotionOrder } from '../../src/policies/lifecycle.ts';
import type { PolicyHost } from '../../src/policies/policy-host.ts';
import { openPromotionStore, type PromotionStore } from '../../src/policies/promotion-store.ts';
import type { AppliedCanary, AppliedPolicy, PromotionPlan, Transition } from '../../src/policies/promotion.ts';
import type { Evidence } from '../../src/config/evidence-schema.ts';
import { policyHash } from '../../src/config/load-policy.ts';
import { CORE_VERSION, type Policy, type PoolDefinition } from '../../src/router/index.ts';
import type { Arm } from '../../src/policies/guard-watch.ts';
import { outcomeOf, poolOf, policyWith, requestOf, targetOf } from '../router/small-pool.ts';
import { evidenceFor } from './evidence-in-small.ts';
import { PLAN } from './plan-in-small.ts';

export const POOL = poolOf([targetOf('a.main.m'), targetOf('b.main.m')]);
export const FILE = appliedAs('file', policyWith());

export function appliedAs(name: string, policy: Policy): AppliedPolicy {
  return { name, policy, hash: policyHash(policy) };
}

export interface HostInSmall {
  readonly lifecycle: PolicyLifecycle;
  nowMs: number;
  wallNowMs: number;
  pool: PoolDefinition;
  /** What the core was told to go by, last. */
  applied: { readonly main: AppliedPolicy; readonly canary: AppliedCanary | null } | null;
  shadowed: AppliedPolicy | null;
  heard: { decisions: number; differs: number };
  readonly transitions: Transition[];
  readonly lines: string[];
  /** The next call of `apply` fails. */
  failsToApply: boolean;
  promote(name: string, changes?: OrderChanges): ReturnType<PolicyLifecycle['promote']>;
  /** Lets time pass, with a look at the end. */
  pass(ms: number): void;
  /** Requests of an arm that go well, or cost so much. */
  serve(arm: Arm, count: number, costMicroUsd?: number): void;
  /** `from -> to` of every step so far. */
  steps(): string[];
}

export interface OrderChanges {
  readonly policy?: Policy;
  readonly evidence?: Partial<Evidence> | null;
  readonly plan?: Partial<PromotionPlan>;
  readonly force?: string;
  readonly who?: string;
}

const START_MS = Date.UTC(2026, 0, 15);

/**
 * @param before goes on after it, as a restart would
 * @param wrap in place of the store
 */
export function startHost(
  folder: string,
  before: (Pick<HostInSmall, 'nowMs' | 'wallNowMs'> & Partial<Pick<HostInSmall, 'failsToApply'>>) | null = null,
  file: AppliedPolicy = FILE,
  wrap: (store: PromotionStore) => PromotionStore = (store) => store,
): HostInSmall {
  let served = 0;
  const host: PolicyHost = {
    coreVersion: CORE_VERSION,
    nowMs: () => small.nowMs,
    wallNowMs: () => small.wallNowMs,
    pool: () => small.pool,
    adapted: (policy) => policy,
    apply(main, canary) {
      if (small.failsToApply) {
        small.failsToApply = false;
        throw new Error('the core refused');
      }
      small.applied = { main, canary };
    },
    shadow(policy) {
      small.shadowed = policy;
      if (policy !== null) small.heard = { decisions: 0, differs: 0 };
    },
    shadowTally: () => small.heard,
    budgets: () => [],
    transition: (row) => void small.transitions.push(row),
    say: (level, _fields, line) => void small.lines.push(`${level}: ${line}`),
  };
  const small: HostInSmall = {
    lifecycle: new PolicyLifecycle(host, wrap(openPromotionStore(folder)), file),
    nowMs: before?.nowMs ?? START_MS,
    wallNowMs: before?.wallNowMs ?? START_MS,
    pool: POOL,
    applied: null,
    shadowed: null,
    heard: { decisions: 0, differs: 0 },
    transitions: [],
    lines: [],
    failsToApply: before?.failsToApply ?? false,
    promote(
      name,
      { policy = policyWith({ score: { sharpness: 12 } }), evidence = {}, plan, force, who = 'anna' } = {},
    ) {
      const order: PromotionOrder = {
        candidate: {
          ...appliedAs(name, policy),
          evidence: evidence === null ? null : evidenceFor(policy, POOL, small.lifecycle.main.policy, evidence),
        },
        plan: { ...PLAN, ...plan },
        who,
        force: force ?? null,
      };
      return small.lifecycle.promote(order);
    },
    pass(ms) {
      small.nowMs += ms;
      small.wallNowMs += ms;
      small.lifecycle.look();
    },
    serve(arm, count, costMicroUsd = 1_800) {
      const { watch } = small.lifecycle;
      for (let index = 0; index < count; index++) {
        const request = requestOf(`r${(served += 1)}`);
        watch.arrived(request, small.nowMs, arm);
        watch.attemptEnded(request, outcomeOf(request.requestId, 1, { costMicroUsd }), 'a.main.m', small.nowMs + 2_000);
        watch.ended(request, 'completed', null, 200, small.nowMs + 2_000);
      }
    },
    steps: () => small.transitions.map(({ from, to }) => `${from} -> ${to}`),
  };
  small.lifecycle.start();
  return small;
}

/** Through shadow and canary, with traffic that is good. */
export function bringToActive(small: HostInSmall): void {
  small.pass(1_000);
  small.heard = { decisions: 500, differs: 20 };
  small.pass(60_000);
  small.serve('main', 500);
  small.serve('canary', 150);
  small.pass(600_000);
}
