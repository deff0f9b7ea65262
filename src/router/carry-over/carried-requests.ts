/**
 * The requests that have not ended, for another pool. None is lost and none is answered here: whoever cannot wait
 * any longer is due at once, and the next `wake` answers.
 */
import type { SavedRequestFlow } from '../request-flow.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import { placeRequest } from '../routes/place-request.ts';
import type { PoolChange } from './pool-change.ts';

type SavedWaitingRoom = SavedRequestFlow['room'];

/** The requests in their order of arrival, each with the positions that the new pool gives to what it names. */
export function renumberRequests(requests: readonly PendingRequest[], change: PoolChange): PendingRequest[] {
  const { after, targets, keys } = change;
  const targetNamed = new Map(after.targetIds.map((id, target) => [id, target]));
  return requests.map((pending) => {
    const clientKey = after.clientKeyIndex.find(pending.request.clientKey);
    return {
      ...pending,
      ...placeRequest(after, pending.request, clientKey, pending.steered),
      clientKey,
      target: targets.successor[pending.target] ?? -1,
      // By id, so that a target which went and came back is not tried again.
      triedTargets: pending.failedAttempts.flatMap(({ target }) => targetNamed.get(target) ?? []),
      queueKey: keys.successor[pending.queueKey] ?? -1,
    };
  });
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
  const stayers = (line: readonly string[]): string[] =>
    line.filter((requestId) => byId.get(requestId)!.phase === 'queued');
  const lines: string[][] = lanes.origin.map((lane) => stayers(saved.lines[lane] ?? []));
  saved.lines.forEach((line, lane) => {
    // A route that is planned in another way now makes its requests wait in another line, behind those who are there.
    for (const requestId of stayers(line)) {
      const now = byId.get(requestId)!.lane;
      if (now !== lanes.successor[lane]) lines[now]!.push(requestId);
    }
  });
  lines.forEach((line, lane) =>
    lines.splice(
      lane,
      1,
      line.filter((requestId) => byId.get(requestId)!.lane === lane),
    ),
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
