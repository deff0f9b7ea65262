import { TRACE_DEFAULTS } from '../trace-columns.ts';
import type { TraceRow } from '../trace.ts';
import type { Rejects } from './rejects.ts';

/**
 * Reads files of one kind as canonical rows, in batches and in any order; the writer sorts. Rows that cannot be read
 * go to `rejects`.
 *
 * @throws BadInput for files and options that cannot be used at all
 */
export type Importer<Options> = (
  files: readonly string[],
  options: Options,
  rejects: Rejects,
) => AsyncIterable<readonly TraceRow[]>;

/** What requests are taken to be where the source does not say. */
export interface AssumedRequest {
  readonly clientKey: string;
  readonly protocol: string;
  /** The model that requests ask for. */
  readonly model: string;
  readonly stream: boolean;
}

/** Assumptions for public traces of chat services, whose answers are streamed. */
export const ASSUMED_CHAT: AssumedRequest = { ...TRACE_DEFAULTS, stream: true };

/** A row with the four facts that every source knows, and assumptions for the rest. */
export function assumedRow(
  assumed: AssumedRequest,
  known: {
    readonly arrivalMs: number;
    readonly requestId: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly prefixBlocks?: readonly number[];
  },
): TraceRow {
  return {
    arrivalMs: known.arrivalMs,
    requestId: known.requestId,
    sessionId: null,
    clientKey: assumed.clientKey,
    protocol: assumed.protocol,
    model: assumed.model,
    declaredClass: null,
    declaredPriority: null,
    inputTokens: known.inputTokens,
    outputTokens: known.outputTokens,
    maxOutputTokens: null,
    stream: assumed.stream,
    hasTools: false,
    hasImage: false,
    prefixBlocks: known.prefixBlocks ?? null,
    steering: null,
    recorded: null,
  };
}

/** An id that sorts as its number does: `azure-00000042`. */
export function numberedId(prefix: string, number: number): string {
  return `${prefix}-${String(number).padStart(8, '0')}`;
}
