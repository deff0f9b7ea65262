/** Turns what the log is told into records of the spool, bit for bit, straight into the batch at hand. */
import type { AttemptOutcome, CandidateExplanation, RouterRequest } from '../../router/index.ts';
import type { Finding } from '../decision-row.ts';
import { encodePayload } from '../payload.ts';
import { policyHashOf, type RunWords } from '../request-follower.ts';
import type { InputKind, PolicyRow, TransitionRow } from '../schema.ts';
import type { HeardShadow } from '../shadow-row.ts';
import { BatchBuffer } from './batch-buffer.ts';
import { sealFrame } from './frame.ts';
import {
  AGREES,
  CANDIDATE_NUMBERS,
  EXPLORED,
  FIXED_WORDS,
  FRAME_HEADER_BYTES,
  NO_BLOCKS,
  NO_WORD,
  RECORD,
  RECORD_HEADER_BYTES,
  STREAMED,
} from './spool-format.ts';

const WORDS_MAX = 32_768;
/** Numbers of a decision before its texts, with some room to spare. */
const DECISION_BYTES = 160;
const CANDIDATE_BYTES = 4 + 8 * CANDIDATE_NUMBERS;
/** Numbers of a shadow's decision before its text. */
const SHADOW_BYTES = 64;
/** Numbers of a request that begins behind its texts, without its blocks; of an outcome that is observed. */
const BEGIN_BYTES = 40;
const OBSERVE_BYTES = 100;

/**
 * Encodes records into `batch`, which begins with room for a frame's header. A record that cannot be written throws
 * and leaves the batch as it was.
 */
export class RecordEncoder {
  batch: BatchBuffer;
  /** Records in the batch. */
  records = 0;
  private readonly words = new Map<string, number>();
  private list: string[] = [];
  /** The words that the batch may name without giving them. */
  private known: { readonly list: readonly string[]; readonly count: number } = { list: this.list, count: 0 };
  // Candidates come in one order, so the target at a position is nearly always the one of the time before.
  private readonly targetAt: string[] = [];
  private readonly wordAt: number[] = [];
  private startedAt = 0;

  constructor(capacity: number) {
    this.batch = new BatchBuffer(capacity);
    this.batch.length = FRAME_HEADER_BYTES;
  }

  /** Goes on in another buffer, which takes the place of the batch. */
  swap(next: BatchBuffer): void {
    next.length = FRAME_HEADER_BYTES;
    this.batch = next;
    this.records = 0;
    this.known = { list: this.list, count: this.list.length };
    if (this.words.size > WORDS_MAX) this.forgetWords();
  }

  /** The words that the batch takes for known, as a frame for the head of a new file; null when there are none. */
  headFrame(): BatchBuffer | null {
    const { list, count } = this.known;
    if (count === 0) return null;
    const { batch, records } = this;
    const frame = new BatchBuffer(4_096);
    frame.length = FRAME_HEADER_BYTES;
    this.batch = frame;
    for (let index = 0; index < count; index += 1) this.writeWord(index, list[index]!);
    sealFrame(frame, count);
    this.batch = batch;
    this.records = records;
    return frame;
  }

  input(sequence: number, atMs: number, kind: InputKind, payload: string): void {
    const { batch } = this;
    this.start(RECORD.input, 17);
    batch.f64(sequence);
    batch.f64(atMs);
    batch.u8(FIXED_WORDS.inputKind.indexOf(kind));
    batch.text(payload);
    this.end();
  }

  /**
   * An input of kind `begin`. Its JSON is made by the reader of the spool.
   *
   * @throws Error on NaN, which JSON cannot say
   */
  begin(sequence: number, atMs: number, request: RouterRequest): void {
    const { batch } = this;
    const { maxOutputTokens, prefixBlocks } = request;
    refuseNaN(request.inputTokens);
    refuseNaN(maxOutputTokens);
    if (prefixBlocks !== null) for (const block of prefixBlocks) refuseNaN(block);
    const steering = request.steering === null ? null : encodePayload(request.steering);
    this.start(RECORD.begin, 16);
    batch.f64(sequence);
    batch.f64(atMs);
    batch.text(request.requestId);
    batch.text(request.clientKey);
    batch.text(request.sessionId);
    batch.text(request.protocol);
    batch.text(request.model);
    batch.text(request.declaredClass);
    batch.text(request.declaredPriority);
    batch.reserve(BEGIN_BYTES + 8 * (prefixBlocks?.length ?? 0));
    batch.f64(request.inputTokens);
    batch.optional(maxOutputTokens);
    batch.u8(request.stream ? 1 : 0);
    batch.u8(request.hasTools ? 1 : 0);
    batch.u8(request.hasImage ? 1 : 0);
    batch.u32(prefixBlocks === null ? NO_BLOCKS : prefixBlocks.length);
    if (prefixBlocks !== null) for (const block of prefixBlocks) batch.f64(block);
    batch.text(steering);
    this.end();
  }

  /**
   * An input of kind `observe`, as `begin`.
   *
   * @throws Error on NaN, which JSON cannot say
   */
  observe(sequence: number, atMs: number, outcome: AttemptOutcome): void {
    const { batch } = this;
    refuseNaN(outcome.attempt);
    refuseNaN(outcome.status);
    refuseNaN(outcome.firstTokenMs);
    refuseNaN(outcome.durationMs);
    refuseNaN(outcome.inputTokens);
    refuseNaN(outcome.outputTokens);
    refuseNaN(outcome.cacheReadTokens);
    refuseNaN(outcome.cacheWriteTokens);
    refuseNaN(outcome.costMicroUsd);
    refuseNaN(outcome.retryAfterMs);
    this.start(RECORD.observe, OBSERVE_BYTES);
    batch.f64(sequence);
    batch.f64(atMs);
    batch.f64(outcome.attempt);
    batch.u8(outcome.reachedClient ? 1 : 0);
    this.whatCame(outcome);
    this.end();
  }

  /** @throws Error when a count is no whole number or the decision comes without its candidates */
  decision(
    sequence: number,
    ordinal: number,
    atMs: number,
    finding: Finding,
    request: RouterRequest,
    run: RunWords,
  ): void {
    const { batch } = this;
    const { decision } = finding;
    const candidates = decision.candidates;
    if (candidates === null) {
      throw new Error('a logged decision lacks its candidates: create the router with explain: true');
    }
    requireWhole('input_tokens_est', request.inputTokens);
    if (request.maxOutputTokens !== null) requireWhole('max_output_tokens', request.maxOutputTokens);
    const policyHash = this.word(policyHashOf(run, decision.arm));
    const coreVersion = this.word(run.coreVersion);
    const mode = this.word(decision.mode);
    const target = this.wordOrNone(decision.target);
    const routing = decision.routing === null ? NO_WORD : this.word(JSON.stringify(decision.routing));
    for (let index = 0; index < candidates.length; index += 1) this.learnTarget(index, candidates[index]!.target);
    this.start(RECORD.decision, DECISION_BYTES + candidates.length * CANDIDATE_BYTES);
    batch.f64(sequence);
    batch.u32(ordinal);
    batch.f64(atMs + 0);
    batch.u32(finding.attempt);
    batch.f64(request.inputTokens);
    batch.optional(request.maxOutputTokens);
    batch.u8((request.stream ? STREAMED : 0) | (decision.explored ? EXPLORED : 0));
    batch.u8(FIXED_WORDS.requestClass.indexOf(decision.requestClass));
    batch.u8(FIXED_WORDS.priority.indexOf(decision.priority));
    batch.u8(FIXED_WORDS.cause.indexOf(decision.cause));
    batch.u8(finding.rejectCode === null ? 0 : 1 + FIXED_WORDS.rejectCode.indexOf(finding.rejectCode));
    batch.u16(mode);
    batch.u16(policyHash);
    batch.u16(coreVersion);
    batch.u16(target);
    batch.u16(routing);
    // The sign of a zero is not kept, see decision-row.ts.
    batch.f64(decision.draw + 0);
    batch.f64(decision.propensity + 0);
    batch.f64(decision.budgetPressure + 0);
    batch.f64(decision.queuedMs + 0);
    batch.u32(decision.eligible);
    batch.u16(candidates.length);
    for (let index = 0; index < candidates.length; index += 1) this.candidate(index, candidates[index]!);
    batch.text(finding.requestId);
    batch.text(request.clientKey);
    batch.text(request.sessionId);
    batch.text(request.protocol);
    batch.text(request.model);
    this.end();
  }

  /** @throws Error when a count of tokens is no whole number */
  outcome(sequence: number, atMs: number, outcome: AttemptOutcome, target: string | null): void {
    requireWhole('input_tokens', outcome.inputTokens);
    requireWhole('output_tokens', outcome.outputTokens);
    requireWhole('cache_read_tokens', outcome.cacheReadTokens);
    requireWhole('cache_write_tokens', outcome.cacheWriteTokens);
    const { batch } = this;
    const targetWord = this.wordOrNone(target);
    this.start(RECORD.outcome, 128);
    batch.f64(sequence);
    batch.f64(atMs);
    batch.u32(outcome.attempt);
    batch.u16(targetWord);
    this.whatCame(outcome);
    this.end();
  }

  policy(row: PolicyRow): void {
    this.start(RECORD.policy, 0);
    this.batch.text(JSON.stringify(row));
    this.end();
  }

  snapshot(sequence: number, atMs: number, body: string): void {
    this.start(RECORD.snapshot, 16);
    this.batch.f64(sequence);
    this.batch.f64(atMs);
    this.batch.text(body);
    this.end();
  }

  shadow(sequence: number, ordinal: number, atMs: number, heard: HeardShadow): void {
    const { batch } = this;
    const { decision, realTarget } = heard;
    const policyHash = this.word(heard.policyHash);
    const target = this.wordOrNone(decision.target);
    const realPolicyHash = this.word(heard.realPolicyHash);
    const otherTarget = this.wordOrNone(realTarget);
    this.start(RECORD.shadow, SHADOW_BYTES);
    batch.f64(sequence);
    batch.u32(ordinal);
    batch.f64(atMs + 0);
    batch.u32(heard.attempt);
    batch.u8((decision.explored ? EXPLORED : 0) | (decision.target === realTarget ? AGREES : 0));
    batch.u8(FIXED_WORDS.cause.indexOf(decision.cause));
    batch.u16(policyHash);
    batch.u16(target);
    batch.u16(realPolicyHash);
    batch.u16(otherTarget);
    batch.f64(decision.propensity + 0);
    batch.f64(decision.draw + 0);
    batch.f64(decision.budgetPressure + 0);
    batch.u32(decision.eligible);
    batch.text(heard.requestId);
    this.end();
  }

  transition(row: TransitionRow): void {
    this.start(RECORD.transition, 0);
    this.batch.text(JSON.stringify(row));
    this.end();
  }

  /** What the input and the row of an outcome have alike. */
  private whatCame(outcome: AttemptOutcome): void {
    const { batch } = this;
    batch.u8(FIXED_WORDS.outcomeKind.indexOf(outcome.kind));
    batch.optional(outcome.status);
    batch.optional(outcome.firstTokenMs);
    batch.f64(outcome.durationMs);
    batch.f64(outcome.inputTokens);
    batch.f64(outcome.outputTokens);
    batch.f64(outcome.cacheReadTokens);
    batch.f64(outcome.cacheWriteTokens);
    batch.f64(outcome.costMicroUsd);
    batch.optional(outcome.retryAfterMs);
    batch.text(outcome.requestId);
    batch.text(outcome.errorCode);
  }

  private candidate(position: number, candidate: CandidateExplanation): void {
    const { batch } = this;
    const { terms, rejection } = candidate;
    batch.u16(this.wordAt[position]!);
    batch.u8(FIXED_WORDS.state.indexOf(candidate.state));
    batch.u8(rejection === null ? 0 : 1 + FIXED_WORDS.rejection.indexOf(rejection));
    batch.f64(candidate.score + 0);
    batch.f64(candidate.weight + 0);
    batch.f64(candidate.propensity + 0);
    batch.f64(terms.success + 0);
    batch.f64(terms.firstToken + 0);
    batch.f64(terms.speed + 0);
    batch.f64(terms.cache + 0);
    batch.f64(terms.cost + 0);
    batch.f64(terms.load + 0);
  }

  private learnTarget(position: number, target: string): void {
    if (this.targetAt[position] === target) return;
    const word = this.word(target);
    this.targetAt[position] = target;
    this.wordAt[position] = word;
  }

  private wordOrNone(text: string | null): number {
    return text === null ? NO_WORD : this.word(text);
  }

  /** The index of a word; a new one is written down first. */
  private word(text: string): number {
    const known = this.words.get(text);
    return known ?? this.learnWord(text);
  }

  private learnWord(text: string): number {
    const index = this.words.size;
    this.words.set(text, index);
    this.list.push(text);
    this.writeWord(index, text);
    return index;
  }

  private writeWord(index: number, text: string): void {
    this.start(RECORD.word, 2);
    this.batch.u16(index);
    this.batch.text(text);
    this.end();
  }

  /** Keeps their list bounded, whatever the pool is reloaded with. */
  private forgetWords(): void {
    this.words.clear();
    this.list = [];
    this.targetAt.length = 0;
    this.wordAt.length = 0;
  }

  private start(kind: number, bytes: number): void {
    const { batch } = this;
    batch.reserve(RECORD_HEADER_BYTES + bytes);
    this.startedAt = batch.length;
    batch.u8(kind);
    batch.u32(0);
  }

  private end(): void {
    const { batch, startedAt } = this;
    batch.patchU32(startedAt + 1, batch.length - startedAt - RECORD_HEADER_BYTES);
    this.records += 1;
  }
}

/** NaN stands for null in the spool. */
function refuseNaN(value: number | null): void {
  if (Number.isNaN(value)) throw new Error('a payload of the log holds NaN');
}

function requireWhole(column: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw new Error(`${column} must be a whole number, got ${value}`);
}
