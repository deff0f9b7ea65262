/** Replays the inputs of a log through the core, with the other policy as its shadow, and estimates what that would have got. */
import { BadInput } from '../../src/config/bad-input.ts';
import { contentHash } from '../../src/config/content-hash.ts';
import type { LogReader } from '../../src/log/log-reader.ts';
import { applyLogged, findStart, isFresh, stateToGoOnFrom } from '../../src/log/logged-start.ts';
import type { LogInput } from '../../src/log/payload.ts';
import { createReplay, type Replay } from '../../src/log/replay.ts';
import type { HearShadow, Policy, Router } from '../../src/router/index.ts';
import { estimateTable } from './estimate-table.ts';
import { LoggedDecisions, type FirstChoice } from './logged-decisions.ts';
import type { PolicyEstimate } from './policy-estimate.ts';
import type { EstimatedMetric } from './request-metrics.ts';

/** Requests that the core let go without an outcome (a wait that was too long) are looked for this often, in inputs. */
const SWEEP_EVERY = 1_000;
/** First choices, the last ones of the log, that are compared with what the log says. */
const CHOICES_COMPARED = 64;

export interface EstimateSettings {
  readonly policy: Policy;
  readonly policyName: string;
  readonly policyHash: string;
  readonly metrics: readonly EstimatedMetric[];
  /** Of the resampling; a safe integer. */
  readonly seed: number;
  /** Called after each input with the number of inputs done. */
  readonly onInput?: (done: number) => void;
  /** Told of every decision of the log, and of what the policy would have decided instead. */
  readonly onDecision?: HearShadow;
  /** Told of each policy that the log's decisions were made by, once. */
  readonly onLoggedPolicy?: (policy: Policy) => void;
}

/**
 * @throws BadInput when the log cannot be replayed, is not what this core would have decided, or has no decision
 *   whose request came to an end
 */
export async function estimateLog(reader: LogReader, settings: EstimateSettings): Promise<PolicyEstimate> {
  const run = new EstimateRun(settings);
  await replayAll(reader, run, settings.onInput ?? (() => undefined));
  const { decisions } = run;
  if (decisions.requests === 0)
    throw new BadInput(`${reader.path}: no request began in the log; there is nothing to judge`);
  if (decisions.rows === 0) throw new BadInput(`${reader.path}: ${whyNoRows(decisions)}`);
  await compareWithLog(reader, run.lastChoices);
  const estimate = estimateTable(decisions.table, decisions.outcomes, settings.metrics, run.loggedRate, settings.seed);
  return {
    kind: 'estimate',
    formatVersion: 1,
    log: reader.path,
    policy: settings.policyName,
    policyHash: settings.policyHash,
    requests: decisions.requests,
    decisions: decisions.rows,
    ...estimate,
    notes: [
      ...reader.notes,
      ...(estimate.identifiable ? unsupportedNote(estimate.diagnostics.unsupportedShare) : []),
      ...run.notes(),
    ],
  };
}

function unsupportedNote(share: number): readonly string[] {
  if (share === 0) return [];
  return [
    `in ${Number((share * 100).toPrecision(2))} % of the choices the policy would do what the log's could not: IPS takes that for nothing, SNIPS for the mean of the rest, the others for what the model says`,
  ];
}

async function replayAll(reader: LogReader, run: EstimateRun, onInput: (done: number) => void): Promise<void> {
  const start = await findStart(reader);
  if (start.state !== null) run.resumes(start.state);
  if (start.from > 0) run.misses(0, start.from - 1);
  let expected = start.from;
  let done = 0;
  for await (const input of reader.inputs(start.from)) {
    const snapshot = await stateToGoOnFrom(reader, run.replay, input, expected);
    if (input.sequence !== expected) {
      const isDeclared = input.kind === 'configure' && (snapshot !== null || isFresh(input));
      if (!isDeclared) {
        throw new BadInput(
          `${reader.path}: input ${expected} is missing, and nothing says how things stood behind it; what was decided there cannot be known`,
        );
      }
      run.misses(expected, input.sequence - 1);
    }
    run.takes(input, () => applyLogged(run.replay, input, snapshot, reader.path));
    expected = input.sequence + 1;
    done += 1;
    if (done % SWEEP_EVERY === 0) run.sweep();
    onInput(done);
  }
  run.sweep();
}

/** One pass over a log. */
class EstimateRun {
  readonly replay: Replay = createReplay();
  readonly decisions = new LoggedDecisions();
  readonly lastChoices: FirstChoice[] = [];
  private readonly settings: EstimateSettings;
  private readonly policy: Policy;
  private readonly loggedPolicies = new Map<string, Policy>();
  private latestPolicy: Policy | null = null;
  private readonly missing: string[] = [];
  private watched: Router | null = null;

  constructor(settings: EstimateSettings) {
    this.settings = settings;
    this.policy = settings.policy;
  }

  resumes(state: Parameters<Replay['resume']>[0]): void {
    this.replay.resume(state);
    this.goesBy(state.policy, state.canary?.policy);
    this.watch();
  }

  misses(from: number, to: number): void {
    this.missing.push(`inputs ${from} to ${to} are not in the log; requests of that time are left out`);
    this.decisions.forgetOpen();
  }

  takes(input: LogInput, apply: () => unknown): void {
    if (input.kind === 'configure') {
      if (isFresh(input)) this.decisions.forgetOpen();
      this.goesBy(input.payload.policy, input.payload.canary?.policy);
    }
    if (input.kind === 'begin') {
      // An id may come again once its request has ended.
      this.endIfGone(input.payload.requestId);
      this.decisions.begins(input.payload, input.atMs);
    }
    const heeded = input.kind === 'observe' && this.isAwaited(input.payload.requestId, input.payload);
    apply();
    if (input.kind === 'configure') this.watch();
    if (input.kind === 'observe' && heeded) {
      const { requestId, kind } = input.payload;
      this.decisions.attemptEnds(input.payload, input.atMs);
      if (this.isGone(requestId)) this.decisions.ends(requestId, kind === 'success' ? input.payload : null);
    }
  }

  /** Exploration rate of the log's last policy. */
  get loggedRate(): number {
    return this.latestPolicy?.explorationRate ?? 0;
  }

  private goesBy(policy: Policy, canary?: Policy): void {
    this.latestPolicy = policy;
    const hash = contentHash(policy);
    if (!this.loggedPolicies.has(hash)) this.settings.onLoggedPolicy?.(policy);
    this.loggedPolicies.set(hash, policy);
    if (canary !== undefined) this.loggedPolicies.set(contentHash(canary), canary);
  }

  /** Ends what the core has let go without being told of an outcome. */
  sweep(): void {
    for (const requestId of this.decisions.openIds) this.endIfGone(requestId);
  }

  private endIfGone(requestId: string): void {
    if (this.decisions.isOpen(requestId) && this.isGone(requestId)) this.decisions.ends(requestId, null);
  }

  private isGone(requestId: string): boolean {
    const { follower } = this.replay;
    return follower.ending === requestId || !follower.open.has(requestId);
  }

  private isAwaited(requestId: string, outcome: { readonly attempt: number; readonly kind: string }): boolean {
    const { follower } = this.replay;
    const request = follower.open.get(requestId);
    if (request === undefined || follower.ending === requestId) return false;
    return request.phase === 'sent' ? outcome.attempt === request.attempt : outcome.kind === 'cancelled';
  }

  private watch(): void {
    const { router } = this.replay;
    if (router === null || router === this.watched) return;
    this.watched = router;
    router.shadow(this.policy, this.hear);
  }

  private readonly hear: HearShadow = (request, attempt, real, shadow, nowMs) => {
    this.settings.onDecision?.(request, attempt, real, shadow, nowMs);
    const choice = this.decisions.decides(request.requestId, real, shadow, nowMs);
    if (choice === null) return;
    if (this.lastChoices.length === CHOICES_COMPARED) this.lastChoices.shift();
    this.lastChoices.push(choice);
  };

  notes(): string[] {
    const { requests, ended, neverSent, clockJumps, withoutChoice, rows } = this.decisions;
    const unseen = [
      ...new Set([...this.loggedPolicies.values()].flatMap((logged) => unseenParts(logged, this.policy))),
    ];
    const say = (isSo: boolean, note: string): string[] => (isSo ? [note] : []);
    return [
      ...this.missing,
      ...say(
        this.loggedPolicies.has(contentHash(this.policy)),
        "the policy is the log's own; its estimate should agree with what was got",
      ),
      ...say(
        this.loggedPolicies.size > 1,
        `the log has ${this.loggedPolicies.size} policies; each choice is weighed by the one that made it`,
      ),
      ...say(ended < requests, `${requests - ended} requests without an end in the log are left out`),
      ...say(
        neverSent > 0,
        `${neverSent} requests that no target could be chosen for are left out: another policy would have found the same`,
      ),
      ...say(withoutChoice > 0, `${withoutChoice} of ${rows} choices had one candidate only and weigh 1`),
      ...say(
        clockJumps > 0,
        `the log's clock jumped: ${clockJumps} answers took another time by it than was measured; first tokens of requests that waited across a jump are wrong by it`,
      ),
      'judged is one first choice at a time: retries, load, warm caches and what is believed of targets are as under the log’s policy; a policy that ran all of it would lead elsewhere, which simulate shows',
      ...say(
        unseen.length > 0,
        `not seen: what differs in ${unseen.join(', ')} acts through the state of things, and that is as the log’s policy left it`,
      ),
    ];
  }
}

/** Parts of a policy that act on later decisions, and in which the two differ: a shadow does not see what they lead to. */
export function unseenParts(logged: Policy, other: Policy): string[] {
  const parts = ['health', 'retry', 'rateLimit', 'queue', 'timeouts', 'affinity', 'sessions'] as const;
  const differing: string[] = parts.filter((part) => contentHash(logged[part]) !== contentHash(other[part]));
  return logged.score.halfLifeMs === other.score.halfLifeMs ? differing : [...differing, 'score.halfLifeMs'];
}

function whyNoRows({ requests, ended }: LoggedDecisions): string {
  if (ended === 0) return `none of its ${requests} requests has come to an end: the log has no outcomes to judge by`;
  return `none of its ${ended} ended requests was ever sent to a target`;
}

/** The propensities are this core's: they are those of the log only if it decides as the log says. */
async function compareWithLog(reader: LogReader, choices: readonly FirstChoice[]): Promise<void> {
  if (choices.length === 0) return;
  const rows = await reader.decisionsOf(...choices.map(({ requestId }) => requestId));
  for (const { requestId, atMs, target, propensity } of choices) {
    const row = rows.find((one) => one.request_id === requestId && one.at_ms === atMs && one.chosen_target !== null);
    if (row !== undefined && row.chosen_target === target && row.propensity === propensity) continue;
    const logged =
      row === undefined ? 'has no decision on it' : `says ${row.chosen_target} with propensity ${row.propensity}`;
    throw new BadInput(
      `${reader.path}: for request ${requestId} this core (version of the log: ${reader.coreVersion}) decides ${target} with propensity ${propensity}, the log ${logged}; its choices cannot be weighed. Run verify on it`,
    );
  }
}
