/**
 * The requests that have not ended, for another pool. None is lost and none is answered here: whoever cannot wait
 * any longer is due at once, and the next `wake` answers.
 */
import type { SavedRequestFlow } from '../request-flow.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import type { PoolChange } from './pool-change.ts';

type SavedWaitingRoom = SavedRequestFlow['room'];

/** The requests in their order of arrival, each with the positions that the new pool gives to what it names. */
export function renumberRequests(requests: readonly PendingRequest[], change: PoolChange): PendingRequest[] {
  const { after, targets, keys } = change;
  const targetNamed = new Map(after.targetIds.map((id, target) => [id, target]));
  return requests.map((pending) => ({
    ...pending,
    lane: after.laneByModel.find(pending.request.model),
    clientKey: after.clientKeyIndex.find(pending.request.clientKey),
    target: targets.successor[pending.target] ?? -1,
    // By id, so that a target which went and came back is not tried again.
    triedTargets: pending.failedAttempts.flatMap(({ target }) => targetNamed.get(target) ?? []),
    queueKey: keys.successor[pending.queueKey] ?? -1,
  }));
}

/**
 * The lines and timers of these requests. Every line moves at once, because any change may have made room;
 * when nothing has changed, it moves when it would have moved.
 */
export function carryWaitingRoom(
  saved: SavedWaitingRoom,
  requests: readonly PendingRequest[],
  { lanes }: PoolChange,
  isUnchanged: boolean,
  nowMs: number,
): SavedWaitingRoom {
  const byId = new Map(requests.map((pending) => [pending.request.requestId, pending]));
  const lines = lanes.origin.map((lane) =>
    lane < 0 ? [] : saved.lines[lane]!.filter((requestId) => byId.get(requestId)!.phase === 'queued'),
  );
  return {
    lines,
    retryAtMs: lanes.origin.map((lane, position) => {
      if (isUnchanged) return saved.retryAtMs[lane]!;
      return lines[position]!.length > 0 ? nowMs : null;
    }),
    timers: saved.timers.map((timer) => ({ ...timer, atMs: byId.get(timer.requestId)!.timerAtMs })),
  };
}
