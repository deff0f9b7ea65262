/** What the thread that serves requests and the owner of the database say to each other. */
import type { RequestExplanation } from '../../explain-request.ts';
import type { LogInput } from '../../payload.ts';
import type { RowSelection } from '../../row-selection.ts';
import type { DecisionRow, OutcomeRow, SnapshotRow } from '../../schema.ts';
import type { RotationStep } from './rotate.ts';

/** How the owner is started. */
export interface OwnerSettings {
  readonly folder: string;
  readonly coreVersion: string;
  /** A segment is closed when so many bytes of spool have been taken in since the last, */
  readonly rotateBytes: number;
  /** or when its first row is this old, ms. */
  readonly rotateAgeMs: number;
  readonly retentionDays: number | null;
  readonly retentionBytes: number | null;
  /** For tests of crashes: the process kills itself when a rotation has come this far. */
  readonly crashAt: RotationStep | null;
}

/** What was left behind by the last run, and what has become of it. */
export interface Recovery {
  /** Sequence of the next input. */
  readonly nextSequence: number;
  /** Records that were in the spool and not yet in the database. */
  readonly recoveredRecords: number;
  /** Records of a write that the end of the process cut short; nobody was ever told that they were safe. */
  readonly tornRecords: number;
  /** Records in damaged parts of the spool, as far as one can tell: at least one a part. */
  readonly damagedRecords: number;
  /** One line each, for the operator. */
  readonly warnings: readonly string[];
  /** Number of the spool file to begin with. */
  readonly firstFile: number;
}

/** The last requests of a log, by their decisions. */
export interface RecentRequests {
  /** Newest first. */
  readonly requestIds: readonly string[];
  readonly decisions: readonly DecisionRow[];
  readonly outcomes: readonly OutcomeRow[];
}

/** What the owner does when asked: parameters and result of each. */
export interface OwnerCalls {
  /** Takes in everything up to a place of the spool. */
  catchUp: { readonly params: WrittenPlace; readonly result: null };
  explain: { readonly params: { readonly requestId: string }; readonly result: RequestExplanation };
  recent: { readonly params: { readonly count: number }; readonly result: RecentRequests };
  openArrow: { readonly params: RowSelection; readonly result: number };
  /** The next piece of an Arrow stream; null at its end. */
  nextArrow: { readonly params: { readonly stream: number }; readonly result: Uint8Array<ArrayBuffer> | null };
  closeArrow: { readonly params: { readonly stream: number }; readonly result: null };
  lastSnapshot: { readonly params: null; readonly result: SnapshotRow | null };
  /** Some inputs from a sequence on, in order; none at the end. */
  inputs: { readonly params: { readonly fromSequence: number }; readonly result: readonly LogInput[] };
  /** Closes a segment now, whatever its size. */
  rotate: { readonly params: null; readonly result: null };
  close: { readonly params: WrittenPlace; readonly result: null };
}

export interface WrittenPlace {
  readonly file: number;
  readonly offset: number;
}

export type ToOwner =
  | ({ readonly kind: 'written' } & WrittenPlace)
  | {
      readonly [K in keyof OwnerCalls]: {
        readonly kind: 'call';
        readonly id: number;
        readonly call: K;
        readonly params: OwnerCalls[K]['params'];
      };
    }[keyof OwnerCalls];

export type FromOwner =
  | { readonly kind: 'ready'; readonly recovery: Recovery }
  | { readonly kind: 'unusable'; readonly message: string; readonly isBadInput: boolean }
  /** So many bytes of all that was written since the start are in the database. */
  | { readonly kind: 'committed'; readonly totalBytes: number }
  /** The database cannot take rows at present; null when it can again. */
  | { readonly kind: 'trouble'; readonly message: string | null }
  | { readonly kind: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly message: string; readonly isBadInput: boolean };
