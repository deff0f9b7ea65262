/** What the proxy asks of its own log. */
import { BadInput } from '../../../config/bad-input.ts';
import type { DatabaseFile } from '../../log-file.ts';
import { createLogReader, type LogReader } from '../../log-reader.ts';
import type { LogSource } from '../../log-source.ts';
import type { LogInput } from '../../payload.ts';
import { rowCursor, type RowCursor } from '../../row-cursor.ts';
import type { RecentRequests } from './owner-messages.ts';

const RECENT_MAX = 1_000;
const INPUTS_A_CALL = 2_000;

/** Gives the inputs of a log in portions; who goes on where he stopped costs no search. */
export interface InputPortions {
  /** Some inputs from a sequence on; none at the end. */
  take(reader: LogReader, fromSequence: number): Promise<readonly LogInput[]>;
  close(): void;
}

export function createInputPortions(): InputPortions {
  let cursor: RowCursor<LogInput> | null = null;
  let nextSequence = 0;

  const close = (): void => {
    void cursor?.close().catch(() => undefined);
    cursor = null;
  };

  return {
    async take(reader, fromSequence) {
      if (cursor === null || fromSequence !== nextSequence) {
        close();
        cursor = rowCursor(reader.inputs(fromSequence));
      }
      const found: LogInput[] = [];
      while (found.length < INPUTS_A_CALL) {
        const input = await cursor.take();
        if (input === null) break;
        found.push(input);
      }
      nextSequence = (found.at(-1)?.sequence ?? fromSequence) + 1;
      if (found.length < INPUTS_A_CALL) close();
      return found;
    },
    close,
  };
}

/** The last requests on which something was decided. No source is looked into that is older than they are. */
export async function recentRequests(
  file: DatabaseFile,
  sources: readonly LogSource[],
  count: number,
): Promise<RecentRequests> {
  if (!Number.isInteger(count) || count < 0 || count > RECENT_MAX) {
    throw new BadInput(`limit: must be a whole number from 0 to ${RECENT_MAX}, got ${count}`);
  }
  const ids = new Set<string>();
  const visited: LogSource[] = [];
  for (const source of sources.toReversed()) {
    if (ids.size >= count) break;
    visited.unshift(source);
    const from = source.from('decisions');
    if (from === null) continue;
    const newest = await file.connection.runAndReadAll(
      `SELECT request_id FROM ${from} GROUP BY request_id ORDER BY max(sequence) DESC, arg_max(ordinal, sequence) DESC LIMIT ${count}`,
    );
    for (const [id] of newest.getRows()) if (ids.size < count) ids.add(String(id));
  }
  const requestIds = [...ids];
  const reader = createLogReader('', file, visited, {
    coreVersion: '',
    notes: [],
    isHeld: false,
    close: () => undefined,
  });
  return {
    requestIds,
    decisions: await reader.decisionsOf(...requestIds),
    outcomes: await reader.outcomesOf(...requestIds),
  };
}
