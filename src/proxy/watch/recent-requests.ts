/** The last requests that ended, as the admin API shows them. Nothing here is the text of a prompt or an answer. */
import {
  adjustedProfile,
  type CandidateExplanation,
  type Decision,
  type OutcomeKind,
  type Rejection,
  type RequestClass,
  type Priority,
  type ScoreTerm,
  type TargetState,
} from '../../router/index.ts';
import type { RequestEnding } from '../proxy-events.ts';
import { KeptDecision } from './kept-decision.ts';
import type { ProxyView } from './proxy-view.ts';
import type { AttemptOfStory, RequestStory, StoryListener } from './request-story.ts';

/** Requests that are kept. */
export const RECENT_REQUESTS_MAX = 50;

/** One candidate of a decision. */
export interface CandidateProvider {
  /** Id of the target, `provider.keyAlias.model`: that is what one chooses between. */
  readonly providerId: string;
  /** Wire protocol of the provider, for example `openai`; `any` when the pool does not say. */
  readonly providerType: string;
  /** Name of the account: `provider.keyAlias`. */
  readonly customName: string;
  /** In [0,1], larger is better; 0 for a rejected one. */
  readonly score: number;
  /** What a weighted pick is proportional to; 0 for a rejected one. */
  readonly selectionWeight: number;
  /** As the decision saw it. */
  readonly runtimeState: TargetState;
  /** The score's terms, each in [0,1], larger is better. */
  readonly scoreMetrics: Readonly<Record<ScoreTerm, number>>;
  /** Probability with which it was going to be chosen. */
  readonly propensity: number;
  /** Why it could not be chosen; null when it could. */
  readonly blockedReason: Rejection | null;
}

/** How much the request's class and priority care for four qualities. */
export interface RequestProfile {
  readonly requestClass: RequestClass;
  readonly priority: Priority;
  /** Estimated prompt and the most it may answer, tokens. */
  readonly estimatedTokens: number;
  readonly latency: number;
  readonly throughput: number;
  readonly cost: number;
  readonly stability: number;
}

export interface RecentAttempt {
  readonly attempt: number;
  readonly target: string;
  readonly cause: Decision['cause'];
  readonly explored: boolean;
  readonly propensity: number;
  /** Time in the queue so far, ms. */
  readonly queuedMs: number;
  readonly sentAtMs: number;
  /** Null: it had not ended when the request did. */
  readonly kind: OutcomeKind | null;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly firstTokenMs: number | null;
  readonly durationMs: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costMicroUsd: number;
}

/** One request. The names of the first part are those of the request context of the system that this one succeeds. */
export interface RecentRequest {
  readonly requestId: string;
  /** Null when the core rejected it without a decision, for example for an unknown model. */
  readonly requestClass: RequestClass | null;
  readonly requestPriority: Priority | null;
  readonly requestProfile: RequestProfile | null;
  /** Hash of the policy in force when it arrived: the main one, or the canary's. */
  readonly policyId: string;
  /** Name of the client key. */
  readonly keyId: string;
  /** Always true: retries are the core's, a provider's call is never repeated below it. */
  readonly disableProviderRetries: true;
  /** 0 to 1, at the last decision. */
  readonly budgetPressure: number;
  /**
   * By what a warm prompt cache is looked for: the prompt's leading blocks (`prefix`), else the session; null: by
   * nothing.
   */
  readonly promptCacheScope: 'prefix' | 'session' | null;
  /** Of the last decision; empty when there was none or the router does not explain. */
  readonly candidateProviders: readonly CandidateProvider[];
  /** Where the last attempt went. */
  readonly selectedProviderId: string | null;
  readonly selectedProviderType: string | null;
  /** The client's limit on the answer, else what the policy assumes, tokens. */
  readonly estimatedOutputBudgetTokens: number;
  readonly estimatedPromptTokens: number;

  readonly requestedModel: string;
  readonly protocol: string;
  readonly stream: boolean;
  readonly arrivedAtMs: number;
  readonly attempts: readonly RecentAttempt[];
  readonly ending: RequestEnding;
  /** The core's reason when it rejected the request. */
  readonly code: string | null;
  /** What the client got; 499 when it had left. */
  readonly status: number;
  readonly durationMs: number;
  readonly costMicroUsd: number;
}

/** A ring of the last {@link RECENT_REQUESTS_MAX} stories; they are put into words only when somebody asks. */
export class RecentRequests implements StoryListener {
  private readonly view: ProxyView;
  private readonly ring: RequestStory[] = [];
  private next = 0;
  /** Since the start. */
  ended = 0;

  constructor(view: ProxyView) {
    this.view = view;
  }

  finished(story: RequestStory): void {
    this.ring[this.next] = story;
    this.next = (this.next + 1) % RECENT_REQUESTS_MAX;
    this.ended += 1;
  }

  /** Newest first. */
  list(limit = RECENT_REQUESTS_MAX): RecentRequest[] {
    const oldestFirst = [...this.ring.slice(this.next), ...this.ring.slice(0, this.next)];
    const protocols = new Map(this.view.pool.targets.map((target) => [target.id, protocolOf(target.protocols)]));
    const newestFirst = oldestFirst.reverse().slice(0, limit);
    return newestFirst.map((story) => tell(story, protocols));
  }
}

function tell(story: RequestStory, protocols: ReadonlyMap<string, string>): RecentRequest {
  const { request, policy, attempts } = story;
  const last = attempts.at(-1) ?? null;
  const rejected = story.rejection?.decision ?? null;
  const decision = rejected === null ? (last?.decision ?? null) : new KeptDecision(rejected);
  const outputTokens = request.maxOutputTokens ?? policy.policy.classes.assumedOutputTokens;
  const typeOf = (target: string): string => protocols.get(target) ?? 'any';
  return {
    requestId: request.requestId,
    requestClass: decision?.requestClass ?? null,
    requestPriority: decision?.priority ?? null,
    requestProfile: decision === null ? null : profileOf(story, decision, request.inputTokens + outputTokens),
    policyId: policy.hash,
    keyId: request.clientKey,
    disableProviderRetries: true,
    budgetPressure: decision?.budgetPressure ?? 0,
    promptCacheScope: request.prefixBlocks !== null ? 'prefix' : request.sessionId !== null ? 'session' : null,
    candidateProviders: (decision?.candidates() ?? []).map((candidate) => candidateProvider(candidate, typeOf)),
    selectedProviderId: last?.target ?? null,
    selectedProviderType: last === null ? null : typeOf(last.target),
    estimatedOutputBudgetTokens: outputTokens,
    estimatedPromptTokens: request.inputTokens,
    requestedModel: request.model,
    protocol: request.protocol,
    stream: request.stream,
    arrivedAtMs: story.arrivedAtMs,
    attempts: attempts.map(recentAttempt),
    ending: story.ending ?? 'completed',
    code: story.rejection?.code ?? null,
    status: story.status,
    durationMs: story.endedAtMs - story.arrivedAtMs,
    costMicroUsd: story.costMicroUsd,
  };
}

function profileOf({ policy }: RequestStory, decision: KeptDecision, estimatedTokens: number): RequestProfile {
  const { requestClass, priority } = decision;
  return { requestClass, priority, estimatedTokens, ...adjustedProfile(policy.policy, requestClass, priority) };
}

function candidateProvider(candidate: CandidateExplanation, typeOf: (target: string) => string): CandidateProvider {
  const { target, state, rejection, score, weight, propensity, terms } = candidate;
  return {
    providerId: target,
    providerType: typeOf(target),
    customName: target.split('.', 2).join('.'),
    score,
    selectionWeight: weight,
    runtimeState: state,
    scoreMetrics: terms,
    propensity,
    blockedReason: rejection,
  };
}

function recentAttempt({ attempt, target, decision, sentAtMs, outcome }: AttemptOfStory): RecentAttempt {
  const { cause, explored, propensity, queuedMs } = decision;
  return {
    attempt,
    target,
    cause,
    explored,
    propensity,
    queuedMs,
    sentAtMs,
    kind: outcome?.kind ?? null,
    status: outcome?.status ?? null,
    errorCode: outcome?.errorCode ?? null,
    firstTokenMs: outcome?.firstTokenMs ?? null,
    durationMs: outcome?.durationMs ?? null,
    inputTokens: outcome?.inputTokens ?? 0,
    outputTokens: outcome?.outputTokens ?? 0,
    cacheReadTokens: outcome?.cacheReadTokens ?? 0,
    cacheWriteTokens: outcome?.cacheWriteTokens ?? 0,
    costMicroUsd: outcome?.costMicroUsd ?? 0,
  };
}

function protocolOf(protocols: readonly string[]): string {
  return protocols.length === 0 ? 'any' : protocols.join('+');
}
