/**
 * What a log says of attempts, in columns: the ground on which twins are fitted and judged. One row an attempt that was
 * sent to a target, in the order of sending; a million rows take about 120 MB.
 */
import { OUTCOME_KINDS, type OutcomeKind } from '../../src/router/contract.ts';

/** One target of the log. */
export interface LoggedTarget {
  /** `provider.keyAlias.model` */
  readonly id: string;
  readonly provider: string;
  /** `provider.keyAlias` */
  readonly key: string;
  readonly model: string;
  /** Position in {@link AttemptTable.twins}: keys of one provider share the twin of a model. */
  readonly twin: number;
}

/** One model at one provider. */
export interface LoggedTwin {
  readonly provider: string;
  readonly model: string;
}

export interface AttemptTable {
  /** For people: the path. */
  readonly name: string;
  readonly rows: number;
  readonly targets: readonly LoggedTarget[];
  readonly twins: readonly LoggedTwin[];
  /** Texts to which {@link AttemptTable.errorCode} leads; the first is the empty one. */
  readonly errorCodes: readonly string[];
  /** Unix time of `sentAtMs` 0, ms; null where the log counts from its own start and nobody knows when that was. */
  readonly startedAtMs: number | null;

  /** Position in `targets`. */
  readonly target: Uint16Array;
  /** From the first row, ms; never falling. */
  readonly sentAtMs: Float64Array;
  /** Position in `OUTCOME_KINDS`. */
  readonly kind: Uint8Array;
  /** HTTP status; 0 for none. */
  readonly status: Uint16Array;
  /** Position in `errorCodes`; 0 for none. */
  readonly errorCode: Uint16Array;
  /** Streamed attempts alone have a first token. */
  readonly stream: Uint8Array;
  /** From sending, ms; NaN for none (not streamed, failed, or cut before it came). */
  readonly firstTokenMs: Float64Array;
  /** From sending to the end, ms. */
  readonly durationMs: Float64Array;
  /** What the provider counted; 0 where it counted nothing, as for failures. */
  readonly inputTokens: Float64Array;
  readonly outputTokens: Float64Array;
  readonly cacheReadTokens: Float64Array;
  readonly cacheWriteTokens: Float64Array;
  /** Input as it was estimated at the decision: also known for what failed. */
  readonly askedInputTokens: Float64Array;
  readonly costMicroUsd: Float64Array;
  /** What a 429 said; NaN for nothing. */
  readonly retryAfterMs: Float64Array;
  /** 32-bit hash of the session; 0 for none. */
  readonly session: Uint32Array;
  /** Other attempts in flight at the twin when this one was sent. */
  readonly othersInFlight: Uint16Array;
  /** By row; null where nobody knows of any. */
  readonly prefixBlocks: readonly (readonly number[] | null)[] | null;
}

/** The codes of `kind`. */
export const KIND_CODE = Object.fromEntries(OUTCOME_KINDS.map((kind, index) => [kind, index])) as Readonly<
  Record<OutcomeKind, number>
>;

/** Codes of outcomes that ended because somebody's patience did, before or after the first token: censored observations. */
export const CUT_CODES: ReadonlySet<string> = new Set([
  'connect_timeout',
  'first_token_timeout',
  'idle_timeout',
  'total_timeout',
  'client_left',
  'proxy_closed',
]);

/** Some rows of a table, in order. */
export type RowSubset = Uint32Array;
