import { FATE, type Fate } from '../attempt-fate.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';

/** Turns that could have found their session warm, and whether they did. */
export interface SessionGaps {
  /** From the end of the session's last answer at the same target to sending, ms, >= 0. */
  readonly gapMs: Float64Array;
  /** 1 when something was read from the cache. */
  readonly isHit: Uint8Array;
}

/**
 * The pauses between turns of sessions at one target of a twin. Left out: turns whose session was served elsewhere
 * since, whose last answer was still on its way, or whose last turn was too short to be kept.
 *
 * @param rows attempts in the order of sending, of all targets
 * @param minTokens smallest read of the cache
 */
export function sessionGaps(
  table: AttemptTable,
  rows: RowSubset,
  fate: (row: number) => Fate,
  twin: number,
  minTokens: number,
  blockTokens: number,
): SessionGaps {
  const lastServed = new Map<number, number>();
  const gapMs: number[] = [];
  const isHit: number[] = [];
  for (const row of rows) {
    const session = table.session[row]!;
    if (session === 0 || fate(row) < FATE.cut) continue;
    const last = lastServed.get(session);
    lastServed.set(session, row);
    if (last === undefined || table.target[last] !== table.target[row]) continue;
    if (table.targets[table.target[row]!]!.twin !== twin) continue;
    const gap = table.sentAtMs[row]! - (table.sentAtMs[last]! + table.durationMs[last]!);
    const warmTokens = table.inputTokens[last]! + table.outputTokens[last]!;
    const usable = Math.floor(Math.min(warmTokens, table.inputTokens[row]!) / blockTokens) * blockTokens;
    if (!(gap >= 0) || usable < minTokens) continue;
    gapMs.push(gap);
    isHit.push(table.cacheReadTokens[row]! > 0 ? 1 : 0);
  }
  return { gapMs: Float64Array.from(gapMs), isHit: Uint8Array.from(isHit) };
}
