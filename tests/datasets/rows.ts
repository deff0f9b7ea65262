import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { TraceRow, TraceSource } from '../../datasets/trace.ts';

/** A plain row; what a test is about it says itself. */
export function row(changes: Partial<TraceRow> & Pick<TraceRow, 'arrivalMs' | 'requestId'>): TraceRow {
  return {
    sessionId: null,
    clientKey: 'team-a',
    protocol: 'openai',
    model: 'auto',
    declaredClass: null,
    declaredPriority: null,
    inputTokens: 100,
    outputTokens: 20,
    maxOutputTokens: null,
    stream: true,
    hasTools: false,
    hasImage: false,
    prefixBlocks: null,
    steering: null,
    recorded: null,
    ...changes,
  };
}

export async function* batchesOf(...batches: readonly (readonly TraceRow[])[]): AsyncGenerator<readonly TraceRow[]> {
  for (const batch of batches) yield batch;
}

/** All rows of a trace or of an importer's batches. */
export async function allRows(source: TraceSource | AsyncIterable<readonly TraceRow[]>): Promise<TraceRow[]> {
  const rows: TraceRow[] = [];
  for await (const batch of 'batches' in source ? source.batches() : source) rows.push(...batch);
  return rows;
}

/** The turns of each session, in order; requests without a session are left out. */
export function rowsBySession(rows: readonly TraceRow[]): ReadonlyMap<string, readonly TraceRow[]> {
  const sessions = new Map<string, TraceRow[]>();
  for (const turn of rows) {
    if (turn.sessionId === null) continue;
    const turns = sessions.get(turn.sessionId);
    if (turns === undefined) sessions.set(turn.sessionId, [turn]);
    else turns.push(turn);
  }
  return sessions;
}

/** A folder of this test file, removed when its tests are over. */
export function temporaryFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-datasets-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}
