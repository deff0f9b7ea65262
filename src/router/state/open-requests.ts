/**
 * The requests that have not ended, in order of arrival. The records of requests that never waited are used
 * again: at a million requests a second their making and collecting is a large part of the cost. A record that
 * waited may still be named by a waiting line, so it is not.
 */
import type { Arm } from '../canary.ts';
import type { AttemptSummary, RouterRequest } from '../contract.ts';
import type { Policy } from '../policy.ts';
import { classifyRequest, prioritise } from '../features/classify-request.ts';
import type { Placement } from '../routes/place-request.ts';
import type { Steered } from '../routes/steer-request.ts';
import { weightRowOf } from '../score/class-weights.ts';
import type { CompiledPool } from './compiled-pool.ts';
import type { PendingRequest } from './pending-request.ts';
import { SlotMap } from './slot-map.ts';

/** A request began whose id is that of one that has not ended. The driver's fault; nothing has changed. */
export class DuplicateRequest extends Error {
  constructor(requestId: string) {
    super(`request "${requestId}" is already in flight`);
  }
}

/** Snapshots of before there were canaries do not say the arm. */
type SavedRequest = Omit<PendingRequest, 'arm'> & Partial<Pick<PendingRequest, 'arm'>>;

type Record = { -readonly [K in keyof PendingRequest]: PendingRequest[K] };

/** Shared by all requests that have not failed yet, so never written to. */
const NONE_TRIED: number[] = [];
const NONE_FAILED: AttemptSummary[] = [];
const SPARE_MAX = 4_096;

export class OpenRequests {
  readonly byId = new SlotMap<PendingRequest>();
  private readonly spare: Record[] = [];
  private readonly pool: CompiledPool;
  private sequence = 0;

  constructor(pool: CompiledPool) {
    this.pool = pool;
  }

  /**
   * Takes a request in, under the policy of its arm.
   *
   * @throws DuplicateRequest when one of that id is open already; that one then stays as it is
   */
  admit(
    request: RouterRequest,
    clientKey: number,
    { lane, stickyLane, barred }: Placement,
    steered: Steered | null,
    arm: Arm,
    policy: Policy,
    nowMs: number,
  ): PendingRequest {
    const { pool, byId } = this;
    if (byId.has(request.requestId)) throw new DuplicateRequest(request.requestId);
    const requestClass = classifyRequest(request, policy);
    const ceiling = clientKey < 0 ? 'high' : pool.priorityCeiling[clientKey]!;
    const priority = prioritise(request.declaredPriority, requestClass, ceiling);
    const record = this.spare.pop() ?? blankRecord(request);
    record.request = request;
    record.arm = arm;
    record.lane = lane;
    record.steered = steered;
    record.stickyLane = stickyLane;
    record.barred = barred;
    record.clientKey = clientKey;
    record.requestClass = requestClass;
    record.priority = priority;
    record.weightRow = weightRowOf(requestClass, priority);
    record.sequence = this.sequence++;
    record.arrivedAtMs = nowMs;
    record.reservedOutputTokens = request.maxOutputTokens ?? policy.classes.assumedOutputTokens;
    record.reservedTokens = request.inputTokens + record.reservedOutputTokens;
    record.phase = 'sent';
    record.attempts = 0;
    record.triedTargets = NONE_TRIED;
    record.failedAttempts = NONE_FAILED;
    byId.set(request.requestId, record);
    return record;
  }

  /** The request has ended. Its record must not be used any more. */
  close(pending: PendingRequest): void {
    this.byId.delete(pending.request.requestId);
    if (!pending.hasWaited && this.spare.length < SPARE_MAX) this.spare.push(pending);
  }

  /** Notes that the attempt in flight failed, so that its target is not tried again. */
  noteFailure(pending: PendingRequest, summary: AttemptSummary): void {
    if (pending.failedAttempts === NONE_FAILED) {
      pending.failedAttempts = [];
      pending.triedTargets = [];
    }
    pending.failedAttempts.push(summary);
    pending.triedTargets.push(pending.target);
  }

  save(): { readonly sequence: number; readonly requests: readonly PendingRequest[] } {
    return { sequence: this.sequence, requests: structuredClone([...this.byId.values()]) };
  }

  load(saved: ReturnType<OpenRequests['save']>): void {
    this.sequence = saved.sequence;
    // One by one: a clone of them all would share one list of failures among those that have none yet.
    for (const record of saved.requests) this.byId.set(record.request.requestId, withArm(structuredClone(record)));
  }
}

function withArm({ request, arm = 'main', ...rest }: SavedRequest): PendingRequest {
  return { request, arm, ...rest };
}

/** Every field with a value of its type, so that all records have one shape. */
function blankRecord(request: RouterRequest): Record {
  return {
    request,
    arm: 'main',
    lane: 0,
    steered: null,
    stickyLane: -1,
    barred: NONE_TRIED,
    clientKey: -1,
    requestClass: 'balanced',
    priority: 'normal',
    weightRow: 0,
    sequence: 0,
    arrivedAtMs: 0,
    reservedTokens: 0,
    reservedOutputTokens: 0,
    phase: 'sent',
    hasWaited: false,
    timerAtMs: -1,
    queuedSinceMs: 0,
    queuedMs: 0,
    queueKey: -1,
    attempts: 0,
    triedTargets: NONE_TRIED,
    failedAttempts: NONE_FAILED,
    target: -1,
    sentAtMs: 0,
    isProbe: false,
    reservedMicroUsd: 0,
  };
}
