/**
 * The life of policies on a live proxy. It holds what was promoted and what is on its way, takes each step when its time has
 * come, and steps back when a guard is broken. Time comes in from the proxy. Every step is on disk before it takes effect,
 * so that a killed proxy goes on where it stood.
 */
import type { Evidence } from '../config/evidence-schema.ts';
import type { PoolDefinition } from '../router/pool.ts';
import { checkCandidate } from './check-candidate.ts';
import { GuardWatch } from './guard-watch.ts';
import { judgeGuards } from './judge-guards.ts';
import { KeptState } from './kept-state.ts';
import { nextStep, type NextStep, type StageSight } from './next-step.ts';
import { poolDifference } from './pool-difference.ts';
import type { PolicyHost } from './policy-host.ts';
import type { PromotionStore } from './promotion-store.ts';
import type { PolicyState } from './promotion-schema.ts';
import type { AppliedCanary, AppliedPolicy, Promotion, PromotionPlan } from './promotion.ts';
import { appliedPolicy, draftPromotion, evidenceText, withPast } from './promotion-draft.ts';
import { PolicyRefusal } from './refusal.ts';
import { enterStage } from './stage.ts';
import { StageRecordKeeper } from './stage-record.ts';

/** What somebody asks for. */
export interface PromotionOrder {
  /** As its file has it. */
  readonly candidate: AppliedPolicy & { readonly evidence: Evidence | null };
  readonly plan: PromotionPlan;
  readonly who: string;
  /** Why what speaks against it is to be overlooked; null: nothing is. */
  readonly force: string | null;
}

/** Policies that a rollback can lead back to, the one in force included. */
const ACTIVE_MAX = 8;
const PROXY = 'proxy';

export class PolicyLifecycle {
  readonly watch = new GuardWatch();
  private readonly host: PolicyHost;
  private readonly record: StageRecordKeeper;
  private readonly kept: KeptState;
  private file: AppliedPolicy;

  /** @param file the policy of the configuration */
  constructor(host: PolicyHost, store: PromotionStore, file: AppliedPolicy) {
    this.host = host;
    this.kept = new KeptState(store, (line) => host.say('warn', { event: 'promotion' }, line));
    this.file = file;
    this.record = new StageRecordKeeper(host, store, this.watch);
  }

  /** What everything outside of a canary goes by. */
  get main(): AppliedPolicy {
    const promoted = this.isOutdated ? undefined : this.state.active.at(-1);
    return promoted === undefined ? this.file : appliedPolicy(promoted);
  }

  get canary(): AppliedCanary | null {
    const { open } = this.state;
    if (open?.stage !== 'canary' || this.isOutdated) return null;
    return { ...appliedPolicy(open), id: open.id, share: open.plan.canaryShare };
  }

  get filePolicy(): AppliedPolicy {
    return this.file;
  }

  /** On its way, as its stage began. */
  get candidate(): Promotion | null {
    return this.state.open;
  }

  /** On its way, with what its stage has come to by now. */
  get open(): Promotion | null {
    const { open } = this.state;
    return open === null ? null : this.withFigures(open);
  }

  /** The one in force is the last; none: that of the configuration is. */
  get active(): readonly Promotion[] {
    return this.state.active;
  }

  get past(): readonly Promotion[] {
    return this.state.past;
  }

  /** Goes on where the last run stopped. To be called once, before the first request. */
  start(): void {
    this.configured(this.file, this.host.pool());
    const { open } = this.state;
    if (open === null) {
      this.applyNow();
      return;
    }
    this.kept.resume(this.record.resume(open, this.main.policy.classes.assumedOutputTokens));
    const fields = { event: 'promotion', promotion: open.id, policy: open.policyName, stage: open.stage };
    this.host.say('info', fields, `${open.policyName} goes on in stage ${open.stage}, as before the restart`);
    try {
      this.applyNow();
    } catch (error) {
      this.step({ to: 'rolled_back', why: `it could not go on after a restart: ${messageOf(error)}` });
    }
  }

  /**
   * The configuration was read again. Whoever calls this gives the core {@link main} and {@link canary} afterwards.
   *
   * @param pool of the configuration
   */
  configured(file: AppliedPolicy, pool: PoolDefinition): void {
    this.file = file;
    if (this.isOutdated) this.endForFile();
    const { open } = this.state;
    const difference = open === null ? null : poolDifference(open.pool, pool);
    if (difference !== null) this.end(`the pool was changed under way (${difference}): promote it again`);
  }

  /**
   * Takes a candidate in; the first look moves it on.
   *
   * @returns the promotion, and what there is to know of it
   * @throws PolicyRefusal
   */
  promote(order: PromotionOrder): { readonly promotion: Promotion; readonly warnings: readonly string[] } {
    const { host } = this;
    const { candidate, plan, who, force } = order;
    this.refuseSecond();
    const policy = host.adapted(candidate);
    const { main } = this;
    if (policy.hash === main.hash) {
      throw new PolicyRefusal('conflict', `${candidate.name} is in force already, as ${main.name}: nothing to promote`);
    }
    const around = { pool: host.pool(), inForce: main, coreVersion: host.coreVersion, wallNowMs: host.wallNowMs() };
    const { refusals, warnings } = checkCandidate(candidate, plan, around);
    if (refusals.length > 0 && force === null) {
      host.say('warn', { event: 'promotion', policy: candidate.name, who }, `refused: ${refusals.join('; ')}`);
      throw new PolicyRefusal('refused', `${candidate.name}: ${refusals.join('; ')}`);
    }
    const why =
      refusals.length > 0 ? `forced: ${force}; overlooked: ${refusals.join('; ')}` : evidenceText(candidate.evidence);
    const atMs = host.nowMs();
    const draft = draftPromotion(policy, candidate.evidence, plan, main, host.pool(), atMs);
    const staged = enterStage(draft, 'staged', { atMs, who, why: [why, ...warnings].join('; ') });
    this.kept.saveOrRefuse({ ...this.state, open: staged, fileHash: this.file.hash });
    this.tell(staged);
    this.record.begin(staged, main.policy.classes.assumedOutputTokens);
    return { promotion: staged, warnings: [...refusals.map((line) => `overlooked: ${line}`), ...warnings] };
  }

  /**
   * Ends what is on its way; with nothing on its way, goes back from the policy in force to the one before it.
   *
   * @throws PolicyRefusal when the policy of the configuration is in force
   */
  rollback(who: string, why: string): Promotion {
    if (this.state.open !== null) return this.step({ to: 'rolled_back', why }, who);
    const top = this.state.active.at(-1);
    if (top === undefined) {
      throw new PolicyRefusal(
        'conflict',
        `there is nothing to roll back: ${this.main.name} is the policy of the configuration`,
      );
    }
    const atMs = this.host.nowMs();
    const ended = enterStage(top, 'rolled_back', { atMs, who, why });
    const before = this.state.active.at(-2);
    const back = before && enterStage(before, 'active', { atMs, who, why: `${top.policyName} was rolled back` });
    const active = [...this.state.active.slice(0, -2), ...(back === undefined ? [] : [back])];
    this.kept.saveOrRefuse({ ...this.state, active, past: withPast(this.state.past, ended) });
    this.tell(ended);
    if (back !== undefined) this.tell(back);
    this.applyNow();
    return ended;
  }

  /** To be called every second or so of the core's time. */
  look(): void {
    this.kept.saveAtLast();
    const { open } = this.state;
    if (open === null) return;
    this.record.keep(open);
    const now = this.withFigures(open);
    const next = nextStep(now, this.sightOf(now));
    if (next !== null) this.step(next);
  }

  /** Writes down what the stage at hand has counted. */
  stop(): void {
    if (this.state.open !== null) this.record.write(this.state.open);
  }

  private get state(): PolicyState {
    return this.kept.state;
  }

  /** Somebody changed the policy of the configuration since the promotions began. */
  private get isOutdated(): boolean {
    return this.state.fileHash !== null && this.state.fileHash !== this.file.hash;
  }

  /** The file wins. */
  private endForFile(): void {
    const why = `the policy of the configuration was changed, to ${this.file.name} (${this.file.hash.slice(0, 12)}): the file wins`;
    this.end(why);
    const retired = this.retire(why);
    const ended = [...this.state.active.slice(0, -1), ...(retired === null ? [] : [retired])];
    this.kept.saveInAnyCase({
      ...this.state,
      fileHash: null,
      active: [],
      past: ended.reduce(withPast, this.state.past),
    });
    if (retired !== null) this.tell(retired);
  }

  /** Ends what is on its way, without telling the core. */
  private end(why: string): void {
    const { open } = this.state;
    if (open === null) return;
    const ended = enterStage(this.withFigures(open), 'rolled_back', { atMs: this.host.nowMs(), who: PROXY, why });
    this.kept.saveInAnyCase({ ...this.state, open: null, past: withPast(this.state.past, ended) });
    this.tell(ended);
    this.leave(open);
  }

  /** Carries a step of the open promotion out. */
  private step({ to, why }: NextStep, who: string = PROXY): Promotion {
    const { open } = this.state;
    if (open === null) throw new Error('a step of no promotion');
    const entered = enterStage(this.withFigures(open), to, { atMs: this.host.nowMs(), who, why });
    const retired = to === 'active' ? this.retire(`${entered.policyName} took its place`) : null;
    if (to === 'rolled_back') {
      this.kept.saveInAnyCase({ ...this.state, open: null, past: withPast(this.state.past, entered) });
    } else if (
      !this.kept.saveOrWait(to === 'active' ? this.withActive(retired, entered) : { ...this.state, open: entered })
    ) {
      return open;
    }
    this.tell(entered);
    if (retired !== null) this.tell(retired);
    this.leave(open);
    try {
      this.applyNow();
      if (this.state.open !== null) this.record.beginStage(entered);
    } catch (error) {
      // What is in force has not changed; the promotion is over.
      if (this.state.open === null) throw error;
      return this.step({ to: 'rolled_back', why: `it could not be applied: ${messageOf(error)}` });
    }
    return entered;
  }

  /** The one in force, retired; null when that of the configuration is in force. */
  private retire(why: string): Promotion | null {
    const top = this.state.active.at(-1);
    return top === undefined ? null : enterStage(top, 'retired', { atMs: this.host.nowMs(), who: PROXY, why });
  }

  private withActive(retired: Promotion | null, entered: Promotion): PolicyState {
    const active = [...this.state.active.slice(0, -1), ...(retired === null ? [] : [retired]), entered];
    const past = active.slice(0, -ACTIVE_MAX).reduce(withPast, this.state.past);
    return { ...this.state, open: null, active: active.slice(-ACTIVE_MAX), past };
  }

  private leave({ stage }: Promotion): void {
    if (stage === 'shadow') this.host.shadow(null);
    if (this.state.open === null) this.watch.stop();
  }

  private applyNow(): void {
    this.host.apply(this.main, this.canary);
    const { open } = this.state;
    if (open?.stage === 'shadow') this.host.shadow(appliedPolicy(open));
  }

  private withFigures(open: Promotion): Promotion {
    const shadow = open.stage === 'shadow' ? this.record.shadowTally() : open.shadow;
    if (open.stage !== 'canary') return { ...open, shadow };
    const guards = judgeGuards(this.watch, open.plan.guards, this.host.budgets());
    return { ...open, guards, figures: this.watch.figures() };
  }

  private sightOf(open: Promotion): StageSight {
    const { stage, stageSinceMs, pausedMs, shadow, guards } = open;
    const elapsedMs = this.host.nowMs() - stageSinceMs - pausedMs;
    const requests = stage === 'shadow' ? shadow.decisions : this.watch.canary.count;
    return { elapsedMs, requests, guards: stage === 'canary' ? guards : [] };
  }

  private refuseSecond(): void {
    const { open } = this.state;
    if (open === null) return;
    const [first] = open.transitions;
    const since = new Date(first?.atMs ?? open.stageSinceMs).toISOString();
    throw new PolicyRefusal(
      'conflict',
      `${open.policyName} is on its way already, in stage ${open.stage}, promoted by ${first?.who ?? 'somebody'} at ${since}: wait for its end, or roll it back`,
    );
  }

  private tell(promotion: Promotion): void {
    const row = promotion.transitions.at(-1);
    if (row === undefined) throw new Error('a step without a transition');
    this.host.transition(row);
    const { promotionId, policyName, from, to, who, why } = row;
    const fields = { event: 'promotion', promotion: promotionId, policy: policyName, from, to, who };
    this.host.say(to === 'rolled_back' ? 'warn' : 'info', fields, `${policyName}: ${from} -> ${to}: ${why}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
