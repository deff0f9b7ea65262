/** Reads the records of a frame into rows. What was encoded comes back bit for bit. */
import { DuckDBListValue } from '@duckdb/node-api';
import type { AttemptOutcome, Steering } from '../../../router/index.ts';
import { MICRO_USD_PER_USD } from '../../outcome-row.ts';
import { encodePayload, type InputPayloads } from '../../payload.ts';
import { LOG_COLUMNS, type InputKind, type PolicyRow, type TransitionRow } from '../../schema.ts';
import {
  AGREES,
  CANDIDATE_CODES,
  CANDIDATE_NUMBERS,
  EXPLORED,
  FIXED_WORDS,
  NO_BLOCKS,
  NO_TEXT,
  NO_WORD,
  RECORD,
  RECORD_HEADER_BYTES,
  STREAMED,
} from '../spool-format.ts';
import type { RowColumns } from './row-columns.ts';

const TRANSITION_COLUMNS = Object.keys(LOG_COLUMNS.transitions) as readonly (keyof TransitionRow)[];

/** The words of the database, to which the words of a spool file are led back. */
export interface DatabaseWords {
  /** Index of a word in the table `words`, from 1; a new one is added to the rows on their way. */
  indexOf(word: string): number;
}

/** What a frame brought besides its rows. */
export interface DecodedFrame {
  /** One more than the highest sequence of its inputs; 0 when it has none. */
  readonly nextSequence: number;
  /** Time of its first row; null when none has a time. */
  readonly firstAtMs: number | null;
}

/** Decodes the frames of one spool file, in order: later ones name words of earlier ones. */
export class RecordDecoder {
  private readonly rows: RowColumns;
  private readonly databaseWords: DatabaseWords;
  private readonly words: string[] = [];
  private readonly wordIndexes: number[] = [];
  private bytes: Buffer = Buffer.alloc(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;

  constructor(rows: RowColumns, databaseWords: DatabaseWords) {
    this.rows = rows;
    this.databaseWords = databaseWords;
  }

  /** The table `words` was emptied: every word has to be looked up again. */
  forgetDatabaseWords(): void {
    this.wordIndexes.length = 0;
  }

  /** Takes only the words of a frame whose rows are in the database already. */
  decodeWords(bytes: Buffer, bodyStart: number, bodyEnd: number): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let next = bodyStart; next < bodyEnd;) {
      const kind = this.view.getUint8(next);
      this.at = next + RECORD_HEADER_BYTES;
      next = this.at + this.view.getUint32(next + 1, true);
      if (kind === RECORD.word) this.word();
    }
  }

  /** @throws Error when a record is not what this version writes, in spite of its right checksum */
  decode(bytes: Buffer, bodyStart: number, bodyEnd: number): DecodedFrame {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let nextSequence = 0;
    let firstAtMs: number | null = null;
    for (let next = bodyStart; next < bodyEnd;) {
      const kind = this.view.getUint8(next);
      const start = next + RECORD_HEADER_BYTES;
      next = start + this.view.getUint32(next + 1, true);
      this.at = start;
      switch (kind) {
        case RECORD.word:
          this.word();
          continue;
        case RECORD.input:
          nextSequence = Math.max(nextSequence, this.input() + 1);
          break;
        case RECORD.begin:
          nextSequence = Math.max(nextSequence, this.begin() + 1);
          break;
        case RECORD.observe:
          nextSequence = Math.max(nextSequence, this.observe() + 1);
          break;
        case RECORD.decision:
          this.decision();
          break;
        case RECORD.outcome:
          this.outcome();
          break;
        case RECORD.policy:
          this.policy();
          continue;
        case RECORD.snapshot:
          this.snapshot();
          break;
        case RECORD.shadow:
          this.shadow();
          break;
        case RECORD.transition:
          this.transition();
          continue;
        default:
          throw new Error(`the spool holds a record of the unknown kind ${kind}; use a newer Token Pool`);
      }
      // Sequence and time lead each of these records; only decisions have their ordinal in between.
      const hasOrdinal = kind === RECORD.decision || kind === RECORD.shadow;
      firstAtMs ??= this.view.getFloat64(start + (hasOrdinal ? 12 : 8), true);
    }
    return { nextSequence, firstAtMs };
  }

  private word(): void {
    const index = this.u16();
    if (index === 0) {
      this.words.length = 0;
      this.wordIndexes.length = 0;
    }
    this.words[index] = this.text()!;
  }

  private input(): number {
    const columns = this.rows.inputs.columns;
    const sequence = this.f64();
    columns[0]!.push(BigInt(sequence));
    columns[1]!.push(this.f64());
    columns[2]!.push(FIXED_WORDS.inputKind[this.u8()]!);
    columns[3]!.push(this.text());
    return sequence;
  }

  /** Written in the order in which requests are made, so that the JSON is the one of other logs. */
  private begin(): number {
    const sequence = this.f64();
    const atMs = this.f64();
    const request = {
      requestId: this.text()!,
      clientKey: this.text()!,
      sessionId: this.text(),
      protocol: this.text()!,
      model: this.text()!,
      declaredClass: this.text(),
      declaredPriority: this.text(),
      inputTokens: this.f64(),
      maxOutputTokens: this.optional(),
      stream: this.u8() !== 0,
      hasTools: this.u8() !== 0,
      hasImage: this.u8() !== 0,
      prefixBlocks: this.blocks(),
      steering: JSON.parse(this.text() ?? 'null') as Steering | null,
    };
    this.pushInput(sequence, atMs, 'begin', request);
    return sequence;
  }

  private observe(): number {
    const sequence = this.f64();
    const atMs = this.f64();
    const attempt = this.f64();
    const reachedClient = this.u8() !== 0;
    const kind = FIXED_WORDS.outcomeKind[this.u8()]!;
    const status = this.optional();
    const firstTokenMs = this.optional();
    const durationMs = this.f64();
    const inputTokens = this.f64();
    const outputTokens = this.f64();
    const cacheReadTokens = this.f64();
    const cacheWriteTokens = this.f64();
    const costMicroUsd = this.f64();
    const retryAfterMs = this.optional();
    const requestId = this.text()!;
    const errorCode = this.text();
    const outcome: AttemptOutcome = {
      requestId,
      attempt,
      kind,
      status,
      errorCode,
      firstTokenMs,
      durationMs,
      inputTokens,
      outputTokens,
      cacheReadTokens,
      cacheWriteTokens,
      costMicroUsd,
      retryAfterMs,
      reachedClient,
    };
    this.pushInput(sequence, atMs, 'observe', outcome);
    return sequence;
  }

  private pushInput<K extends InputKind>(sequence: number, atMs: number, kind: K, payload: InputPayloads[K]): void {
    const columns = this.rows.inputs.columns;
    columns[0]!.push(BigInt(sequence));
    columns[1]!.push(atMs);
    columns[2]!.push(kind);
    columns[3]!.push(encodePayload(payload));
  }

  private blocks(): number[] | null {
    const count = this.u32();
    if (count === NO_BLOCKS) return null;
    const blocks = new Array<number>(count);
    for (let index = 0; index < count; index += 1) blocks[index] = this.f64();
    return blocks;
  }

  /** Columns in the order of `STAGED_DECISION_COLUMNS`, which is that of the schema. */
  private decision(): void {
    const columns = this.rows.decisions.columns;
    columns[0]!.push(this.f64());
    columns[1]!.push(this.u32());
    columns[2]!.push(this.f64());
    columns[4]!.push(this.u32());
    columns[11]!.push(this.f64());
    columns[12]!.push(this.f64());
    const flags = this.u8();
    columns[13]!.push((flags & STREAMED) !== 0);
    columns[18]!.push((flags & EXPLORED) !== 0);
    columns[9]!.push(this.u8() + 1);
    columns[10]!.push(this.u8() + 1);
    columns[17]!.push(this.u8() + 1);
    columns[25]!.push(this.u8());
    columns[14]!.push(this.wordIndex(this.u16()));
    columns[15]!.push(this.wordIndex(this.u16()));
    columns[16]!.push(this.wordIndex(this.u16()));
    columns[20]!.push(this.wordIndex(this.u16()));
    columns[26]!.push(this.wordIndex(this.u16()));
    columns[19]!.push(this.f64());
    columns[21]!.push(this.f64());
    columns[23]!.push(this.f64());
    columns[24]!.push(this.f64());
    columns[22]!.push(this.u32());
    const candidates = this.u16();
    const codes = new Array<number>(candidates * CANDIDATE_CODES);
    const numbers = new Array<number>(candidates * CANDIDATE_NUMBERS);
    this.candidates(candidates, codes, numbers);
    columns[27]!.push(new DuckDBListValue(codes));
    columns[28]!.push(new DuckDBListValue(numbers));
    columns[3]!.push(this.text());
    columns[5]!.push(this.textIndex());
    columns[6]!.push(this.text() ?? '');
    columns[7]!.push(this.textIndex());
    columns[8]!.push(this.textIndex());
  }

  private candidates(count: number, codes: number[], numbers: number[]): void {
    const { view } = this;
    let code = 0;
    let number = 0;
    for (let index = 0; index < count; index += 1) {
      codes[code++] = this.wordIndex(this.u16());
      codes[code++] = this.u8();
      codes[code++] = this.u8();
      for (let place = 0; place < CANDIDATE_NUMBERS; place += 1) {
        numbers[number++] = view.getFloat64(this.at, true);
        this.at += 8;
      }
    }
  }

  /** Columns in the order of `STAGED_OUTCOME_COLUMNS`, which is that of the schema. */
  private outcome(): void {
    const columns = this.rows.outcomes.columns;
    columns[0]!.push(this.f64());
    columns[1]!.push(this.f64());
    columns[3]!.push(this.u32());
    columns[4]!.push(this.wordIndex(this.u16()));
    columns[5]!.push(this.u8() + 1);
    columns[6]!.push(this.f64());
    columns[8]!.push(this.f64());
    columns[9]!.push(this.f64());
    columns[10]!.push(this.f64());
    columns[11]!.push(this.f64());
    columns[12]!.push(this.f64());
    columns[13]!.push(this.f64());
    columns[14]!.push(this.f64() / MICRO_USD_PER_USD);
    columns[15]!.push(this.f64());
    columns[2]!.push(this.text());
    columns[7]!.push(this.textIndex());
  }

  private policy(): void {
    const { hash, body, parent, stage, since, evidence } = JSON.parse(this.text()!) as PolicyRow;
    [hash, body, parent, stage, since, evidence].forEach((value, index) => {
      this.rows.policies.columns[index]!.push(value);
    });
  }

  private snapshot(): void {
    const columns = this.rows.snapshots.columns;
    columns[0]!.push(BigInt(this.f64()));
    columns[1]!.push(this.f64());
    columns[2]!.push(this.text());
  }

  /** Columns in the order of the schema. */
  private shadow(): void {
    const { columns } = this.rows.shadows;
    columns[0]!.push(BigInt(this.f64()));
    columns[1]!.push(this.u32());
    columns[2]!.push(this.f64());
    columns[4]!.push(this.u32());
    const flags = this.u8();
    columns[9]!.push((flags & EXPLORED) !== 0);
    columns[15]!.push((flags & AGREES) !== 0);
    columns[6]!.push(FIXED_WORDS.cause[this.u8()]!);
    columns[5]!.push(this.wordText(this.u16()));
    columns[7]!.push(this.wordOrNull(this.u16()));
    columns[13]!.push(this.wordText(this.u16()));
    columns[14]!.push(this.wordOrNull(this.u16()));
    columns[8]!.push(this.f64());
    columns[10]!.push(this.f64());
    columns[12]!.push(this.f64());
    columns[11]!.push(this.u32());
    columns[3]!.push(this.text());
  }

  private transition(): void {
    const row = JSON.parse(this.text()!) as TransitionRow;
    TRANSITION_COLUMNS.forEach((name, index) => this.rows.transitions.columns[index]!.push(row[name]));
  }

  /** Index of a word of the file in the database; 0 for none. */
  private wordIndex(index: number): number {
    if (index === NO_WORD) return 0;
    return (this.wordIndexes[index] ??= this.databaseWords.indexOf(this.wordText(index)));
  }

  private wordOrNull(index: number): string | null {
    return index === NO_WORD ? null : this.wordText(index);
  }

  private wordText(index: number): string {
    const word = this.words[index];
    if (word === undefined) throw new Error(`the spool names word ${index}, which it never gave`);
    return word;
  }

  /** The same for a text that stands in the record. */
  private textIndex(): number {
    const text = this.text();
    return text === null ? 0 : this.databaseWords.indexOf(text);
  }

  private u8(): number {
    return this.view.getUint8(this.at++);
  }

  private u16(): number {
    const value = this.view.getUint16(this.at, true);
    this.at += 2;
    return value;
  }

  private u32(): number {
    const value = this.view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  private f64(): number {
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** NaN stands for null. */
  private optional(): number | null {
    const value = this.f64();
    return Number.isNaN(value) ? null : value;
  }

  private text(): string | null {
    const length = this.u32();
    if (length === NO_TEXT) return null;
    const from = this.at;
    this.at += length;
    return this.bytes.toString('utf8', from, this.at);
  }
}
