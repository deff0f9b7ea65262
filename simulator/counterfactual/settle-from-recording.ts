/**
 * What an attempt of a replay comes to when a recording is at hand, in three tiers:
 *
 * T1: the logged outcome of this request at this target, if it met like load.
 * T2: that of a donor: another logged attempt at the same target, streamed or not alike, in the same bucket of uncached
 *     input tokens, sent within 1 minute (or else 5, or 30) of this time by the log's clock, at like load.
 * T3: the twin's.
 *
 * Like load is that of `like-load.ts` on the attempts in flight at the provider's model. Where a 429 is at stake, because
 * one was logged or the twin would give one, the attempts sent to the key within the last minute must be alike too, for
 * these fill a rate limit; else the twin's own limit decides. A 429 is never donated, nor averted by a donor.
 *
 * Donors may have been sent later than the attempt they stand for: this is a reading of what happened around then, not a
 * forecast. They are drawn by request, target and attempt, so all policies meet the same luck.
 */
import { drawUniform, hashText } from '../../src/router/keyed-draw.ts';
import type { AttemptPlan } from '../twins/attempt-plan.ts';
import { attemptSalt, TWIN_DRAW } from '../twins/twin-draw.ts';
import type { Settle, TwinAttempt } from '../twins/settle.ts';
import { tokenBucket, type DonorRange } from './donor-groups.ts';
import { donorPlan } from './donor-plan.ts';
import { isLikeLoad } from './like-load.ts';
import { MinuteLoad } from './minute-load.ts';
import { ownPlan } from './own-plan.ts';
import { keyOf, numbered } from './recorded-load.ts';
import type { Recording } from './recording.ts';

/** Which tiers a replay may take: `logged` T1 and T3, `donor` T2 and T3 (a test of donors), `auto` all three. */
export const RECORDED_MODES = ['logged', 'donor', 'auto'] as const;
export type RecordedMode = (typeof RECORDED_MODES)[number];

/** Recorded outcomes for a replay. */
export interface RecordedOutcomes {
  readonly mode: RecordedMode;
  readonly recording: Recording;
  /** What must be added to a time of the trace to get one of the log, ms; see `alignment.ts`. */
  readonly shiftMs: number;
}

/** Windows around the time of sending in which donors are sought, one after the other, ms. */
const WINDOWS_MS = [60_000, 300_000, 1_800_000] as const;
/** Draws until a donor of like load is found; then the window counts as having none. */
const DRAWS_MAX = 64;
const { donor: DONOR_DRAW } = TWIN_DRAW;

/** @param targetIds ids of the pool's targets, in the order in which the driver counts them */
export function settleFromRecording(
  { mode, recording, shiftMs }: RecordedOutcomes,
  targetIds: readonly string[],
  seed: number,
): Settle {
  const recordedTargets = targetIds.map((id) => recording.targets.indexOf(id));
  const hashes = targetIds.map(hashText);
  const keys = numbered(targetIds.map(keyOf));
  const minute = new MinuteLoad(targetIds.length);
  const { othersInFlight, sentWithinMinute, donors } = recording;

  const isLike = (row: number, met: TwinAttempt): boolean => isLikeLoad(othersInFlight[row]!, met.othersInFlight);

  function ownTier(row: number, met: TwinAttempt, sentToKey: number): AttemptPlan | null {
    if (!isLike(row, met)) return null;
    const logged = recording.outcome(row);
    const isLimitAtStake = logged.kind === 'limited' || met.ofTwin.kind === 'limited';
    if (isLimitAtStake && !isLikeLoad(sentWithinMinute[row]!, sentToKey)) return null;
    return ownPlan(logged, met);
  }

  function donorTier(target: number, ownRow: number, met: TwinAttempt): AttemptPlan | null {
    const { request, ofTwin, readTokens, nowMs } = met;
    if (ofTwin.kind === 'limited') return null;
    const salt = attemptSalt(hashes[ofTwin.targetIndex]!, met.attempt);
    const bucket = tokenBucket(request.inputTokens - readTokens);
    for (const windowMs of WINDOWS_MS) {
      const range = donors.within(target, request.stream, bucket, nowMs + shiftMs, windowMs);
      const row = range === null ? -1 : drawnDonor(range, ownRow, met, salt);
      if (row >= 0) return donorPlan(recording.outcome(row), met);
    }
    return null;
  }

  /** Uniform among the donors of like load, by drawing until one is met; -1 for none. */
  function drawnDonor({ start, end }: DonorRange, ownRow: number, met: TwinAttempt, salt: number): number {
    for (let draw = 0; draw < DRAWS_MAX; draw++) {
      const drawSalt = salt ^ Math.imul(draw, 0x85ebca6b);
      const uniform = drawUniform(seed, met.request.requestKey, drawSalt, DONOR_DRAW);
      const row = donors.row(start + Math.floor(uniform * (end - start)));
      if (row !== ownRow && isLike(row, met)) return row;
    }
    return -1;
  }

  return (met) => {
    const { targetIndex } = met.ofTwin;
    const sentToKey = minute.send(keys[targetIndex]!, met.nowMs);
    const target = recordedTargets[targetIndex]!;
    if (target < 0) return met.ofTwin;
    const ownRow = recording.find(met.request, target);
    const own = mode === 'donor' || ownRow < 0 ? null : ownTier(ownRow, met, sentToKey);
    if (own !== null) return own;
    return (mode === 'logged' ? null : donorTier(target, ownRow, met)) ?? met.ofTwin;
  };
}
