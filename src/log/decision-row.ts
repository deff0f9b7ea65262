/**
 * Turns what the core was told and what it answered into rows of `decisions`. The recorder of a run and the
 * parity check build their rows here, so equal inputs and commands give equal rows.
 */
import type { CandidateExplanation, Command, Decision, RouterRequest } from '../router/index.ts';
import type { LogInput } from './payload.ts';
import { createRequestFollower, policyHashOf, type RequestFollower, type RunWords } from './request-follower.ts';
import type { CandidateRow, DecisionRow } from './schema.ts';

/** Follows one run and builds its decision rows. */
export interface DecisionRows {
  /**
   * Notes an input of the core, in order. The first one is `configure`. A `begin` must carry the session's
   * salted hash in place of its id, as the log does.
   */
  note(input: LogInput): void;
  /**
   * The rows for all commands that answered the input `sequence`, in their order; `wait` gives none.
   *
   * @throws Error when a command is about a request that never began, when the run was never configured, or
   *   when a decision comes without its candidates (the router must be created with `explain: true`).
   */
  build(sequence: number, atMs: number, commands: readonly Command[]): DecisionRow[];
  /** Requests that have not ended, as far as inputs and commands show. */
  readonly openRequests: number;
  /** What it knows of them; after a `resume` of it, building goes on from there. */
  readonly follower: RequestFollower;
}

/** A decision with the words of the command that it came in. */
export interface Finding {
  readonly requestId: string;
  readonly attempt: number;
  readonly decision: Decision;
  readonly rejectCode: DecisionRow['reject_code'];
}

/** A new, empty {@link DecisionRows}; it remembers only requests that are open. */
export function createDecisionRows(): DecisionRows {
  const follower = createRequestFollower();
  return {
    follower,
    note: (input) => follower.note(input),
    build(sequence, atMs, commands) {
      const rows: DecisionRow[] = [];
      for (const command of commands) {
        const finding = findingOf(command);
        if (finding !== null) {
          const request = follower.open.get(finding.requestId)?.request;
          if (request === undefined) throw new Error(`the core decided on ${finding.requestId}, which is not open`);
          if (follower.run === null) throw new Error('the core decided before the log was told how it is configured');
          rows.push(rowOf(finding, request, follower.run, { sequence, ordinal: rows.length, atMs }));
        }
        follower.settle(command);
      }
      return rows;
    },
    get openRequests() {
      return follower.open.size;
    },
  };
}

/** The decision in a command; null when there is none. */
export function findingOf(command: Command): Finding | null {
  const { requestId } = command;
  switch (command.kind) {
    case 'wait':
      return null;
    case 'send':
      return { requestId, attempt: command.attempt, decision: command.decision, rejectCode: null };
    case 'reject': {
      if (command.decision === null) return null;
      const attempt = command.attempts.length + 1;
      return { requestId, attempt, decision: command.decision, rejectCode: command.code };
    }
  }
}

function rowOf(
  { requestId, attempt, decision, rejectCode }: Finding,
  request: RouterRequest,
  run: RunWords,
  at: { readonly sequence: number; readonly ordinal: number; readonly atMs: number },
): DecisionRow {
  if (decision.candidates === null) {
    throw new Error('a logged decision lacks its candidates: create the router with explain: true');
  }
  const { routing } = decision;
  return {
    sequence: at.sequence,
    ordinal: at.ordinal,
    at_ms: plain(at.atMs),
    request_id: requestId,
    attempt,
    client_key: request.clientKey,
    session_hash: request.sessionId,
    protocol: request.protocol,
    requested_model: request.model,
    class: decision.requestClass,
    priority: decision.priority,
    input_tokens_est: request.inputTokens,
    max_output_tokens: request.maxOutputTokens,
    stream: request.stream,
    mode: decision.mode,
    policy_hash: policyHashOf(run, decision.arm),
    core_version: run.coreVersion,
    cause: decision.cause,
    explored: decision.explored,
    draw: plain(decision.draw),
    chosen_target: decision.target,
    propensity: plain(decision.propensity),
    eligible: decision.eligible,
    budget_pressure: plain(decision.budgetPressure),
    queued_ms: plain(decision.queuedMs),
    reject_code: rejectCode,
    route: routing?.route ?? null,
    requested_route: routing?.requestedRoute ?? null,
    route_pool: routing?.pool ?? null,
    route_reason: routing?.reason ?? null,
    steering: routing?.mode ?? null,
    session_scope: routing?.scope ?? null,
    candidates: decision.candidates.map(candidateRow),
  };
}

function candidateRow(candidate: CandidateExplanation): CandidateRow {
  const { target, state, rejection, terms } = candidate;
  return {
    target,
    state,
    rejection,
    score: plain(candidate.score),
    weight: plain(candidate.weight),
    propensity: plain(candidate.propensity),
    terms: {
      success: plain(terms.success),
      first_token: plain(terms.firstToken),
      speed: plain(terms.speed),
      cache: plain(terms.cache),
      cost: plain(terms.cost),
      load: plain(terms.load),
    },
  };
}

/**
 * The value with -0 made 0, and any other left as it is. DuckDB's compression takes the two for equal and
 * gives back either, so a log cannot keep the sign of a zero.
 */
function plain(value: number): number {
  return value + 0;
}
