/** Replays the log's inputs with another policy as the shadow, and holds what would change against limits. */
import { compare, type ComparedPolicies } from '../../../simulator/compare/compare.ts';
import { DecisionChanges } from '../../../simulator/estimate/decision-changes.ts';
import { estimateLog, unseenParts } from '../../../simulator/estimate/estimate-log.ts';
import type { PolicyEstimate } from '../../../simulator/estimate/policy-estimate.ts';
import { BadInput } from '../../config/bad-input.ts';
import type { NamedPolicy } from '../../config/load-policy.ts';
import type { LoadedScenario } from '../../config/load-scenario.ts';
import { poolFingerprint } from '../../config/pool-fingerprint.ts';
import type { LogReader } from '../../log/log-reader.ts';
import type { ConfigurePayload } from '../../log/payload.ts';
import { CORE_VERSION, type Policy } from '../../router/index.ts';
import type { OutcomesOptions } from '../outcomes-option.ts';
import { progressBar } from '../progress-bar.ts';
import { withReplayedInput } from '../replayed-input.ts';
import type { CheckMethod, CheckResult } from './check-result.ts';
import { estimatedDifferences, noDifferences, replayedDifferences } from './differences.ts';
import { judgeLimits, passes, type CheckLimits } from './judge-limits.ts';

export interface CheckSettings {
  readonly policy: NamedPolicy;
  readonly reader: LogReader;
  readonly limits: CheckLimits;
  readonly allowNotShown: boolean;
  /** Null: what the log's own chance tells is all there is. */
  readonly scenario: LoadedScenario | null;
  /** Of the replay. */
  readonly outcomes: OutcomesOptions;
  readonly seed: number;
}

/** @throws BadInput when the log cannot be replayed, or has nothing to judge by */
export async function checkPolicy(settings: CheckSettings): Promise<CheckResult> {
  const { policy, reader, limits, allowNotShown } = settings;
  const changes = new DecisionChanges();
  const loggedPolicies: Policy[] = [];
  const estimate = await shadowPass(settings, changes, loggedPolicies);
  const logged = await reader.configurationAt(Number.MAX_SAFE_INTEGER);
  const unseen = [...new Set(loggedPolicies.flatMap((each) => unseenParts(each, policy.policy)))];
  const { decisions, changed, byClass, byRoute, moves } = changes.result;
  const found = await findDifferences(settings, { estimate, changed, unseen, logged });
  const changedRatio = decisions === 0 ? 0 : changed / decisions;
  const readings = judgeLimits(
    limits,
    changedRatio,
    found.differences,
    found.method === 'replay' || unseen.length === 0,
  );
  return {
    kind: 'check',
    formatVersion: 1,
    coreVersion: CORE_VERSION,
    log: reader.path,
    policy: { name: policy.name, hash: policy.hash },
    loggedPolicy: logged === null ? null : { name: logged.policyName, hash: logged.policyHash },
    decisions,
    changed,
    changedRatio,
    byClass,
    byRoute,
    moves,
    ...found,
    limits: readings,
    allowNotShown,
    pass: passes(readings, allowNotShown),
    notes: [
      ...(found.method === 'replay' ? [...reader.notes, COUNTED_ON_THE_LOG] : estimate.notes),
      ...evidenceNotes(policy, logged),
    ],
  };
}

async function shadowPass(
  { policy, reader, seed }: CheckSettings,
  changes: DecisionChanges,
  loggedPolicies: Policy[],
): Promise<PolicyEstimate> {
  const bar = progressBar('shadow', Math.max(1, await reader.count('inputs')));
  try {
    return await estimateLog(reader, {
      policy: policy.policy,
      policyName: policy.name,
      policyHash: policy.hash,
      metrics: ['successRatio', 'costUsdPer1kRequests', 'firstTokenMs'],
      seed,
      onDecision: changes.hear,
      onLoggedPolicy: (each) => loggedPolicies.push(each),
      onInput: (done) => {
        if (done % 1000 === 0) bar.update(done);
      },
    });
  } finally {
    bar.stop();
  }
}

/** What the notes of an estimate say of its figures, said of the counts alone. */
const COUNTED_ON_THE_LOG =
  "decisions are counted one at a time, each on the state that the log's policy led to; the replay lets each policy lead to its own";

interface Pass {
  readonly estimate: PolicyEstimate;
  readonly changed: number;
  readonly unseen: readonly string[];
  readonly logged: ConfigurePayload | null;
}

type Found = Pick<CheckResult, 'method' | 'methodText' | 'differences'>;

async function findDifferences(settings: CheckSettings, pass: Pass): Promise<Found> {
  const { scenario } = settings;
  const { estimate, changed, unseen, logged } = pass;
  if (scenario !== null) return replayBoth(settings, scenario, logged);
  if (changed === 0 && unseen.length === 0) {
    return found(
      'same-choices',
      'every choice stays as it was, and nothing that the policies have otherwise acts in another way; so what came of them stays',
      noDifferences(estimate),
    );
  }
  const beyond =
    unseen.length === 0
      ? ''
      : `; the policies differ in ${unseen.join(', ')} too, which acts through the state and is not in it: limits can be broken by these figures, but only --scenario can show that they are kept`;
  if (changed === 0) {
    return found(
      'none',
      `every choice stays as it was in the state that the log's policy led to, but the policies differ in ${unseen.join(', ')}, which would lead to another state; --scenario replays it`,
      [],
    );
  }
  if (!estimate.identifiable) {
    return found(
      'none',
      `what the changed choices would have come to is not known from the log: ${estimate.reason ?? 'too little was left to chance'}; --scenario replays both policies${estimate.advice === null ? '' : `, or, for the next log: ${estimate.advice.text}`}`,
      [],
    );
  }
  return found(
    'estimate',
    `doubly robust estimate of one first choice at a time: where the choice stays, what was logged counts; where it changes, what like requests came to that chance sent there; 95 % intervals by block bootstrap, first token is a mean${beyond}`,
    estimatedDifferences(estimate),
  );
}

function found(method: CheckMethod, methodText: string, differences: CheckResult['differences']): Found {
  return { method, methodText, differences };
}

/** Both policies over the requests of the log, on the same luck. */
async function replayBoth(
  { policy, reader, outcomes: options, seed }: CheckSettings,
  { scenario, hash: scenarioHash }: LoadedScenario,
  logged: ConfigurePayload | null,
): Promise<Found> {
  if (logged === null) {
    throw new BadInput(
      `${reader.path}: does not say by what policy it was made, so a replay has nothing to compare with; leave --scenario out`,
    );
  }
  const policies = [
    { name: `${policy.name} (new)`, policy: policy.policy, hash: policy.hash },
    { name: `${logged.policyName} (log)`, policy: logged.policy, hash: logged.policyHash },
  ];
  return withReplayedInput(reader.path, options, scenario, async ({ trace, outcomes }) => {
    const bar = progressBar('replay', trace.requests * policies.length);
    try {
      const compared = await compare({
        trace,
        scenario,
        scenarioHash,
        policies,
        seed,
        outcomes,
        onProgress: (name, rows) => bar.update((name === policies[0]!.name ? 0 : trace.requests) + rows),
      });
      return found('replay', replayText(compared), replayedDifferences(compared));
    } finally {
      bar.stop();
    }
  });
}

function replayText({ scenario, outcomes, policies }: ComparedPolicies): string {
  const tiers = policies[0]?.tiers;
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  const rests =
    tiers === undefined
      ? 'all outcomes are those of its twins'
      : `outcomes (${outcomes?.mode ?? ''}) are as logged for ${percent(tiers.T1.requestRatio)} of the new policy's requests, of a like attempt for ${percent(tiers.T2.requestRatio)}, of the twins for ${percent(tiers.T3.requestRatio)}`;
  return `both policies replayed over the log's requests in the scenario ${scenario} on the same luck; ${rests}; paired 95 % intervals by block bootstrap, first token is p95`;
}

function evidenceNotes({ evidence }: NamedPolicy, logged: ConfigurePayload | null): string[] {
  if (evidence === undefined || logged === null) return [];
  const notes: string[] = [];
  if (evidence.incumbent.policyHash !== logged.policyHash) {
    notes.push(
      `the policy's evidence was got against ${evidence.incumbent.name} (${evidence.incumbent.policyHash.slice(0, 12)}), the log is of ${logged.policyName} (${logged.policyHash.slice(0, 12)})`,
    );
  }
  if (evidence.pool.fingerprint !== poolFingerprint(logged.pool).fingerprint) {
    notes.push("the policy's evidence was got on a pool with other targets, prices or limits than the log's");
  }
  return notes;
}
