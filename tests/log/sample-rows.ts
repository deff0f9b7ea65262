/** Hand-made inputs and commands for the tests of the log. */
import {
  DEFAULT_POLICY,
  type AttemptOutcome,
  type CandidateExplanation,
  type Decision,
  type RejectCommand,
  type RouterRequest,
  type SendCommand,
} from '../../src/router/index.ts';
import type { ConfigurePayload } from '../../src/log/payload.ts';

export const CONFIGURE: ConfigurePayload = {
  pool: { targets: [], keys: [], providers: [], clientKeys: [], modelAliases: {}, routing: null },
  policy: DEFAULT_POLICY,
  policyName: 'default',
  policyHash: 'c0ffee',
  seed: 7,
  coreVersion: '1',
};

export function sampleRequest(requestId: string, changes: Partial<RouterRequest> = {}): RouterRequest {
  return {
    requestId,
    clientKey: 'team',
    sessionId: null,
    protocol: 'openai',
    model: 'auto',
    declaredClass: null,
    declaredPriority: null,
    inputTokens: 1200,
    maxOutputTokens: null,
    stream: true,
    hasTools: false,
    hasImage: false,
    prefixBlocks: null,
    steering: null,
    ...changes,
  };
}

export function sampleCandidate(target: string, changes: Partial<CandidateExplanation> = {}): CandidateExplanation {
  return {
    target,
    state: 'healthy',
    rejection: null,
    score: 0.1 + 0.2,
    weight: 1 / 3,
    propensity: 0.95,
    terms: { success: 0.9, firstToken: 0.5, speed: 2 / 3, cache: 0, cost: 1, load: 0.25 },
    ...changes,
  };
}

export function sampleDecision(changes: Partial<Decision> = {}): Decision {
  return {
    arm: 'main',
    cause: 'arrival',
    mode: 'weighted',
    requestClass: 'chat',
    priority: 'normal',
    target: 'aurora.main.alpha',
    propensity: 0.95,
    explored: false,
    draw: 0.123456789012345678,
    eligible: 1,
    budgetPressure: 0,
    queuedMs: 0,
    routing: null,
    candidates: [
      sampleCandidate('aurora.main.alpha'),
      sampleCandidate('borealis.main.beta', {
        state: 'cooldown',
        rejection: 'cooldown',
        score: 0,
        weight: 0,
        propensity: 0,
      }),
    ],
    ...changes,
  };
}

export function sampleSend(requestId: string, attempt: number, decision = sampleDecision()): SendCommand {
  return { kind: 'send', requestId, attempt, target: decision.target ?? '', targetIndex: 0, decision };
}

export function sampleReject(requestId: string, changes: Partial<RejectCommand> = {}): RejectCommand {
  return {
    kind: 'reject',
    requestId,
    code: 'ALL_PROVIDER_FAILED',
    status: 502,
    retryAfterMs: null,
    attempts: [],
    decision: null,
    details: null,
    ...changes,
  };
}

export function sampleOutcome(
  requestId: string,
  attempt: number,
  changes: Partial<AttemptOutcome> = {},
): AttemptOutcome {
  return {
    requestId,
    attempt,
    kind: 'success',
    status: 200,
    errorCode: null,
    firstTokenMs: 312.25,
    durationMs: 900.5,
    inputTokens: 1200,
    outputTokens: 80,
    cacheReadTokens: 512,
    cacheWriteTokens: 0,
    costMicroUsd: 1_234_567,
    retryAfterMs: null,
    reachedClient: true,
    ...changes,
  };
}
