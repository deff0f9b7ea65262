/**
 * Sessions whose next turn waits for the last answer plus a think time. Turns that arrive in the trace while an
 * earlier one is open, or too soon after it, are held back.
 */
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform, hashText } from '../../src/router/keyed-draw.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import type { ClientBehaviour } from '../scenario.ts';
import { lognormalFromUniform } from '../statistics/normal-quantile.ts';

const THINK_TIME_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 300;
/** A session that was silent for this long starts anew; bounds what is remembered. */
const SILENCE_MAX_MS = 3_600_000;

/** A turn and its place in the trace. */
export interface Turn {
  readonly row: TraceRow;
  readonly sequence: number;
}

interface Session {
  /** Sequence of the turn that is open, or that comes next when its think time is over; null when none is known. */
  turn: number | null;
  endedAtMs: number;
  /** Turns behind that one, in the order of the trace. */
  readonly held: Turn[];
}

export class SessionTurns {
  private readonly sessions = new Map<string, Session>();
  private readonly thinkTime: ClientBehaviour['thinkTime'];
  private readonly seed: number;

  constructor(thinkTime: ClientBehaviour['thinkTime'], seed: number) {
    this.thinkTime = thinkTime;
    this.seed = seed;
  }

  /**
   * A turn is due: by the trace, or again at the time that an earlier call gave.
   *
   * @returns when it may start: `nowMs` (it has started), a later time (offer it again then), or null: it is held
   *   until {@link ended} hands it out
   */
  offer(turn: Turn, sessionId: string, nowMs: number): number | null {
    this.forgetSilent(nowMs);
    let session = this.sessions.get(sessionId);
    if (session === undefined) {
      session = { turn: null, endedAtMs: -Infinity, held: [] };
      this.sessions.set(sessionId, session);
    }
    if (session.turn !== null && session.turn !== turn.sequence) {
      session.held.push(turn);
      return null;
    }
    // From here on it is this turn's place: no later one may overtake it while its client thinks.
    session.turn = turn.sequence;
    return Math.max(nowMs, session.endedAtMs + this.thinkTimeMs(turn));
  }

  /** A turn has ended, however: the next one that was held back, or null. It must be offered again. */
  ended(sessionId: string, nowMs: number): Turn | null {
    const session = this.sessions.get(sessionId);
    if (session === undefined) return null;
    const next = session.held.shift() ?? null;
    session.turn = next === null ? null : next.sequence;
    session.endedAtMs = nowMs;
    // Re-inserted, so that the map is ordered by the last sign of life.
    this.sessions.delete(sessionId);
    this.sessions.set(sessionId, session);
    return next;
  }

  private thinkTimeMs({ row }: Turn): number {
    const uniform = drawUniform(this.seed, hashText(row.requestId), 0, THINK_TIME_PURPOSE);
    return lognormalFromUniform(uniform, this.thinkTime.medianMs, this.thinkTime.sigma);
  }

  private forgetSilent(nowMs: number): void {
    for (const [sessionId, session] of this.sessions) {
      if (session.turn !== null || session.endedAtMs + SILENCE_MAX_MS > nowMs) return;
      this.sessions.delete(sessionId);
    }
  }
}
