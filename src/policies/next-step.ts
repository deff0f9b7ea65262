/** When a stage is over, and what follows it. */
import { guardTrouble } from './judge-guards.ts';
import type { GuardReading, Promotion, Stage } from './promotion.ts';

/** What a stage has come to by now. */
export interface StageSight {
  /** Time that counts for the stage, ms of the core's time. */
  readonly elapsedMs: number;
  /** Decisions that the shadow heard, or requests of the canary that have ended. */
  readonly requests: number;
  /** Of the canary. */
  readonly guards: readonly GuardReading[];
}

export interface NextStep {
  readonly to: Stage;
  readonly why: string;
}

/** A stage that has seen too little waits longer, up to so many times its length. */
export const PATIENCE = 3;

/** @returns null: the stage goes on */
export function nextStep(promotion: Promotion, sight: StageSight): NextStep | null {
  const { plan, stage } = promotion;
  switch (stage) {
    case 'staged':
      return plan.shadowForMs > 0 ? { to: 'shadow', why: 'its decisions are heard first' } : afterShadow(promotion);
    case 'shadow':
      return stepOfTime(promotion, sight, plan.shadowForMs, 'decisions') ?? null;
    case 'canary': {
      const broken = sight.guards.find(({ state }) => state === 'broken');
      if (broken !== undefined) return { to: 'rolled_back', why: `a guard is broken: ${guardTrouble(broken)}` };
      return stepOfTime(promotion, sight, plan.canaryForMs, 'requests of the canary');
    }
    case 'draft':
    case 'active':
    case 'retired':
    case 'rolled_back':
      return null;
  }
}

function stepOfTime(promotion: Promotion, sight: StageSight, forMs: number, what: string): NextStep | null {
  const { elapsedMs, requests, guards } = sight;
  if (elapsedMs < forMs) return null;
  const { requestsMin } = promotion.plan;
  // Guards that could not be asked have not held.
  const isBlind = guards.some(({ guard, state }) => guard === 'successDropMax' && state === 'too-few');
  if (requests >= requestsMin && !isBlind) return promotion.stage === 'shadow' ? afterShadow(promotion) : passed(sight);
  if (elapsedMs < PATIENCE * forMs) return null;
  const trouble =
    requests < requestsMin
      ? `only ${requests} ${what} in ${duration(elapsedMs)}, and ${requestsMin} are needed`
      : `${requests} ${what} in ${duration(elapsedMs)}, but of too few sessions to judge by`;
  return { to: 'rolled_back', why: trouble };
}

function afterShadow({ plan, shadow, stage }: Promotion): NextStep {
  const heard = stage === 'shadow' ? `it would have chosen otherwise in ${shadow.differs} of ${shadow.decisions}` : '';
  if (plan.canaryShare === 0)
    return { to: 'active', why: `${heard === '' ? '' : `${heard} decisions; `}no canary was asked for` };
  const share = `${Number((100 * plan.canaryShare).toPrecision(4))} % of the sessions`;
  return { to: 'canary', why: heard === '' ? share : `${heard} decisions; ${share} from now on` };
}

function passed({ requests, elapsedMs }: StageSight): NextStep {
  return { to: 'active', why: `no guard was broken in ${duration(elapsedMs)} and ${requests} requests` };
}

/** For people: `90s`, `12m`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 600_000) return `${Number((ms / 1_000).toPrecision(3))}s`;
  return ms < 36_000_000 ? `${Math.round(ms / 60_000)}m` : `${Math.round(ms / 3_600_000)}h`;
}
