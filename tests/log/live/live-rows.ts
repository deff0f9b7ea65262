/** Reads whole logs, and records the same run in two ways. */
import { openLog } from '../../../src/log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../../src/log/parity.ts';
import type { LogInput } from '../../../src/log/payload.ts';
import { createRecorder, type LogRecorder } from '../../../src/log/recorder.ts';
import type { DecisionRow, LogRows, LogTable } from '../../../src/log/schema.ts';

export async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

export async function verify(path: string): Promise<ParityResult> {
  const reader = await openLog(path);
  try {
    return await verifyLog(reader);
  } finally {
    reader.close();
  }
}

export interface WholeLog {
  readonly inputs: readonly LogInput[];
  readonly decisions: readonly DecisionRow[];
  readonly notes: readonly string[];
}

export async function readWhole(path: string): Promise<WholeLog> {
  const reader = await openLog(path);
  try {
    return {
      inputs: await collect(reader.inputs()),
      decisions: await collect(reader.decisions()),
      notes: reader.notes,
    };
  } finally {
    reader.close();
  }
}

/** Tells two recorders the same. */
export function both(first: LogRecorder, second: LogRecorder): LogRecorder {
  return {
    input(...parameters) {
      first.input(...parameters);
      second.input(...parameters);
    },
    commands(...parameters) {
      first.commands(...parameters);
      second.commands(...parameters);
    },
    outcome(...parameters) {
      first.outcome(...parameters);
      second.outcome(...parameters);
    },
    policy(row) {
      first.policy(row);
      second.policy(row);
    },
    snapshot(...parameters) {
      first.snapshot(...parameters);
      second.snapshot(...parameters);
    },
    shadow(...parameters) {
      first.shadow(...parameters);
      second.shadow(...parameters);
    },
    transition(step) {
      first.transition(step);
      second.transition(step);
    },
  };
}

/** A recorder that keeps its rows in memory, as the reference. */
export function recordedRows(): { readonly recorder: LogRecorder; readonly rows: { [T in LogTable]: LogRows[T][] } } {
  const rows: { [T in LogTable]: LogRows[T][] } = {
    decisions: [],
    outcomes: [],
    inputs: [],
    policies: [],
    snapshots: [],
    shadows: [],
    transitions: [],
  };
  const recorder = createRecorder((table, row) => {
    (rows[table] as unknown[]).push(row);
  }, null);
  return { recorder, rows };
}
