/**
 * A trace in memory that several threads share: numbers in typed arrays, texts that repeat once each, the others one after
 * the other as bytes. A row is made when it is read, so that a thread holds no more than the rows in flight. What the
 * recording system saw of a request (`recorded`) is left out: no replay looks at it.
 */
import { BadInput } from '../src/config/bad-input.ts';
import type { TraceRow, TraceSource } from './trace.ts';

const BATCH_ROWS = 2_048;
/** Code of "none" in a column of words. */
const NONE = 0;
const FLAGS = { stream: 1, hasTools: 2, hasImage: 4, hasBlocks: 8, hasLimit: 16 } as const;
const WORD_COLUMNS = ['clientKey', 'protocol', 'model', 'declaredClass', 'declaredPriority', 'steering'] as const;
type WordColumn = (typeof WORD_COLUMNS)[number];

/** Plain data over shared memory: posting it to a thread copies none of the columns. */
export interface SharedTrace {
  readonly name: string;
  readonly sha256: string;
  readonly requests: number;
  readonly spanMs: number;
  readonly arrivalMs: Float64Array;
  readonly inputTokens: Float64Array;
  readonly outputTokens: Float64Array;
  readonly maxOutputTokens: Float64Array;
  readonly flags: Uint8Array;
  /** Ids of request and session: where each one ends, and their bytes in UTF-8. An empty session is none. */
  readonly requestIds: SharedTexts;
  readonly sessionIds: SharedTexts;
  /** Blocks of prompts as runs of consecutive numbers, of which a prompt has few: where those of each row end. */
  readonly runEnds: Float64Array;
  readonly runStarts: Float64Array;
  readonly runLengths: Uint32Array;
  /** Place in `words`, by column. */
  readonly codes: Readonly<Record<WordColumn, Uint32Array>>;
  /** The first one stands for none. */
  readonly words: readonly (string | null)[];
}

export interface SharedTexts {
  readonly ends: Float64Array;
  readonly bytes: Uint8Array;
}

/** Reads a trace twice: to measure it, and to take it over. @throws BadInput when it changes in between */
export async function shareTrace(source: TraceSource): Promise<SharedTrace> {
  const size = await measure(source);
  const trace = allocate(source, size);
  const writeId = textWriter(trace.requestIds);
  const writeSession = textWriter(trace.sessionIds);
  const codes = new Map<string, number>();
  const words: (string | null)[] = [null];
  let row = 0;
  let run = 0;
  for await (const batch of source.batches()) {
    for (const each of batch) {
      if (row >= size.rows) throw new BadInput(`${source.name}: changed while it was read`);
      writeNumbers(trace, row, each);
      writeId(row, each.requestId);
      writeSession(row, each.sessionId ?? '');
      if (each.prefixBlocks !== null) run = writeRuns(trace, each.prefixBlocks, run);
      trace.runEnds[row] = run;
      for (const column of WORD_COLUMNS) trace.codes[column][row] = codeOf(wordOf(each, column), codes, words);
      row++;
    }
  }
  if (row !== size.rows) throw new BadInput(`${source.name}: changed while it was read`);
  return { ...trace, words };
}

/** The rows from `fromRow` up to before `toRow`, at the times at which they arrive in the whole trace. */
export function rowsOfShared(trace: SharedTrace, fromRow: number, toRow: number): TraceSource {
  const read = rowReader(trace);
  return {
    name: trace.name,
    sha256: trace.sha256,
    requests: toRow - fromRow,
    spanMs: toRow > fromRow ? trace.arrivalMs[toRow - 1]! : 0,
    batches: async function* () {
      for (let start = fromRow; start < toRow; start += BATCH_ROWS) {
        const count = Math.min(BATCH_ROWS, toRow - start);
        yield Array.from({ length: count }, (_, index) => read(start + index));
      }
    },
  };
}

function rowReader(trace: SharedTrace): (row: number) => TraceRow {
  const { words, codes, runEnds } = trace;
  const ids = Buffer.from(trace.requestIds.bytes.buffer);
  const sessions = Buffer.from(trace.sessionIds.bytes.buffer);
  // Of the same steering many rows may speak; nobody changes what a row says.
  const steerings = new Map<number, TraceRow['steering']>();
  const steeringOf = (code: number): TraceRow['steering'] => {
    if (code === NONE) return null;
    let steering = steerings.get(code);
    if (steering === undefined) {
      steering = JSON.parse(words[code]!) as TraceRow['steering'];
      steerings.set(code, steering!);
    }
    return steering!;
  };
  return (row) => {
    const flags = trace.flags[row]!;
    const sessionId = textAt(trace.sessionIds, sessions, row);
    return {
      arrivalMs: trace.arrivalMs[row]!,
      requestId: textAt(trace.requestIds, ids, row),
      clientKey: words[codes.clientKey[row]!]!,
      sessionId: sessionId === '' ? null : sessionId,
      protocol: words[codes.protocol[row]!]!,
      model: words[codes.model[row]!]!,
      declaredClass: words[codes.declaredClass[row]!]!,
      declaredPriority: words[codes.declaredPriority[row]!]!,
      inputTokens: trace.inputTokens[row]!,
      outputTokens: trace.outputTokens[row]!,
      maxOutputTokens: (flags & FLAGS.hasLimit) === 0 ? null : trace.maxOutputTokens[row]!,
      stream: (flags & FLAGS.stream) !== 0,
      hasTools: (flags & FLAGS.hasTools) !== 0,
      hasImage: (flags & FLAGS.hasImage) !== 0,
      prefixBlocks:
        (flags & FLAGS.hasBlocks) === 0 ? null : numbersOf(trace, row === 0 ? 0 : runEnds[row - 1]!, runEnds[row]!),
      steering: steeringOf(codes.steering[row]!),
      recorded: null,
    };
  };
}

/** The numbers of some runs, one after the other. */
function numbersOf({ runStarts, runLengths }: SharedTrace, fromRun: number, toRun: number): number[] {
  const numbers: number[] = [];
  for (let run = fromRun; run < toRun; run++) {
    const start = runStarts[run]!;
    const length = runLengths[run]!;
    for (let place = 0; place < length; place++) numbers.push(start + place);
  }
  return numbers;
}

/** @returns where the next run goes */
function writeRuns({ runStarts, runLengths }: SharedTrace, numbers: readonly number[], first: number): number {
  let run = first;
  for (let place = 0; place < numbers.length; place++) {
    if (goesOn(numbers, place)) {
      runLengths[run - 1]! += 1;
      continue;
    }
    runStarts[run] = numbers[place]!;
    runLengths[run] = 1;
    run++;
  }
  return run;
}

function runsIn(numbers: readonly number[]): number {
  let runs = 0;
  for (let place = 0; place < numbers.length; place++) if (!goesOn(numbers, place)) runs++;
  return runs;
}

function goesOn(numbers: readonly number[], place: number): boolean {
  return place > 0 && numbers[place] === numbers[place - 1]! + 1;
}

function textAt({ ends }: SharedTexts, bytes: Buffer, row: number): string {
  return bytes.toString('utf8', row === 0 ? 0 : ends[row - 1]!, ends[row]!);
}

interface TraceSize {
  readonly rows: number;
  readonly idBytes: number;
  readonly sessionBytes: number;
  readonly runs: number;
}

async function measure(source: TraceSource): Promise<TraceSize> {
  let [rows, idBytes, sessionBytes, runs] = [0, 0, 0, 0];
  for await (const batch of source.batches()) {
    for (const { requestId, sessionId, prefixBlocks } of batch) {
      rows++;
      idBytes += Buffer.byteLength(requestId);
      sessionBytes += sessionId === null ? 0 : Buffer.byteLength(sessionId);
      runs += prefixBlocks === null ? 0 : runsIn(prefixBlocks);
    }
  }
  return { rows, idBytes, sessionBytes, runs };
}

function allocate(source: TraceSource, { rows, idBytes, sessionBytes, runs }: TraceSize): SharedTrace {
  const numbers = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));
  const bytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
  const codes = (): Uint32Array => new Uint32Array(new SharedArrayBuffer(rows * 4));
  return {
    name: source.name,
    sha256: source.sha256,
    requests: rows,
    spanMs: source.spanMs,
    arrivalMs: numbers(rows),
    inputTokens: numbers(rows),
    outputTokens: numbers(rows),
    maxOutputTokens: numbers(rows),
    flags: bytes(rows),
    requestIds: { ends: numbers(rows), bytes: bytes(idBytes) },
    sessionIds: { ends: numbers(rows), bytes: bytes(sessionBytes) },
    runEnds: numbers(rows),
    runStarts: numbers(runs),
    runLengths: new Uint32Array(new SharedArrayBuffer(runs * 4)),
    codes: {
      clientKey: codes(),
      protocol: codes(),
      model: codes(),
      declaredClass: codes(),
      declaredPriority: codes(),
      steering: codes(),
    },
    words: [null],
  };
}

function writeNumbers(trace: SharedTrace, row: number, from: TraceRow): void {
  trace.arrivalMs[row] = from.arrivalMs;
  trace.inputTokens[row] = from.inputTokens;
  trace.outputTokens[row] = from.outputTokens;
  trace.maxOutputTokens[row] = from.maxOutputTokens ?? 0;
  trace.flags[row] =
    (from.stream ? FLAGS.stream : 0) |
    (from.hasTools ? FLAGS.hasTools : 0) |
    (from.hasImage ? FLAGS.hasImage : 0) |
    (from.prefixBlocks === null ? 0 : FLAGS.hasBlocks) |
    (from.maxOutputTokens === null ? 0 : FLAGS.hasLimit);
}

/** Takes the texts of the rows, one after the other. */
function textWriter({ ends, bytes }: SharedTexts): (row: number, text: string) => void {
  const buffer = Buffer.from(bytes.buffer);
  let end = 0;
  return (row, text) => {
    end += buffer.write(text, end);
    ends[row] = end;
  };
}

function wordOf(row: TraceRow, column: WordColumn): string | null {
  if (column !== 'steering') return row[column];
  return row.steering === null ? null : JSON.stringify(row.steering);
}

function codeOf(word: string | null, codes: Map<string, number>, words: (string | null)[]): number {
  if (word === null) return NONE;
  const known = codes.get(word);
  if (known !== undefined) return known;
  words.push(word);
  codes.set(word, words.length - 1);
  return words.length - 1;
}
