/**
 * The spool: append-only files of frames, little endian.
 *
 *     file  = "TPSPOOL2" frame*
 *     frame = u32 length of the body, u32 CRC-32 of the body, u32 number of records, body
 *     body  = record*
 *     record = u8 kind, u32 length of what follows, ...
 *
 * A frame is what one turn of the event loop had to say, so that an input of the core is never there without the
 * decisions it led to. A process that is killed leaves at most one torn frame, at the end of the last file.
 */
import { OUTCOME_KINDS, REJECT_CODES, REJECTIONS, TARGET_STATES } from '../../router/contract.ts';
import { REQUEST_CLASSES } from '../../router/policy.ts';
import { INPUT_KINDS } from '../schema.ts';

export const SPOOL_MAGIC = Buffer.from('TPSPOOL2', 'latin1');
export const FRAME_HEADER_BYTES = 12;
export const RECORD_HEADER_BYTES = 5;
/** More than any frame that is written; a length beyond it is damage. */
export const FRAME_BYTES_MAX = 1 << 30;

/** What a record is. */
export const RECORD = {
  /** A word that later records of this file name by its index; index 0 starts the list anew. */
  word: 1,
  input: 2,
  decision: 3,
  outcome: 4,
  policy: 5,
  snapshot: 6,
  shadow: 7,
  transition: 8,
  /** Inputs of these kinds come by the thousand: field by field, and JSON is made of them where nobody waits. */
  begin: 9,
  observe: 10,
} as const;

/** Words that need no list in the file: their position says which. When one of the lists changes its order, the magic does. */
export const FIXED_WORDS = {
  inputKind: INPUT_KINDS,
  outcomeKind: OUTCOME_KINDS,
  rejectCode: REJECT_CODES,
  rejection: REJECTIONS,
  state: TARGET_STATES,
  requestClass: REQUEST_CLASSES,
  priority: ['low', 'normal', 'high'],
  cause: ['arrival', 'retry', 'queue'],
} as const;

/** In place of a word's index: there is none. */
export const NO_WORD = 0xffff;
/** In place of a text's length: there is none. */
export const NO_TEXT = 0xffff_ffff;

/** Doubles of one candidate: score, weight, propensity and the six terms. */
export const CANDIDATE_NUMBERS = 9;
/** Whole numbers of one candidate: target, state, and 1 + rejection or 0. */
export const CANDIDATE_CODES = 3;

/** Flags of a decision, or of a shadow's. */
export const STREAMED = 1;
export const EXPLORED = 2;
export const AGREES = 4;

/** Number of prefix blocks where there is no list of them. */
export const NO_BLOCKS = 0xffff_ffff;
