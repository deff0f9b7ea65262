import { createHash } from 'node:crypto';
import { BadInput } from '../../src/config/bad-input.ts';
import type { OutcomeKind } from '../../src/router/contract.ts';
import { TOKENS_MAX } from '../trace-columns.ts';
import type { RecordedOutcome, TraceRow } from '../trace.ts';
import { quote } from './fields.ts';
import type { AssumedRequest, Importer } from './importer.ts';
import { isObject, readSpendLogs, SPEND_LOGS_WANTED, type SpendLogRecord } from './litellm-records.ts';

/** Calls that ask a model for text or vectors; others (images, speech, batches) are no traffic of the pool. */
const CALL_TYPES = /completion|responses|messages|generate_content|embedding/;
/** Assumed for requests that got no answer in a log without any answers, tokens. */
const USUAL_TOKENS = { input: 512, output: 256 } as const;
/** Rows held back until the usual lengths are known are handed on in batches of this size. */
const BATCH_ROWS = 4_096;

/**
 * Spend logs of a LiteLLM proxy (its table `LiteLLM_SpendLogs`): JSON lines, a JSON array or CSV.
 *
 * `model_group` is what was asked for and `model` of `custom_llm_provider` what served it. The `target` is
 * `provider.key.model`, in which the key stands for the deployment by a short hash of its `model_id` (or of the virtual
 * key where there is none); keys themselves never get into a trace. `first_token_ms` is known of streams alone: LiteLLM
 * sets `completionStartTime` to the end of answers that are not streamed. Failures that it logged as taking no time at
 * all have no duration, because it does not measure them. Answers of its own cache have no outcome: no provider was
 * asked. Requests without an answer take the median lengths of the log.
 */
export const importLiteLlm: Importer<AssumedRequest> = async function* (files, options, rejects) {
  const ids = new Set<string>();
  let found = 0;
  const held: TraceRow[] = [];
  const inputs: number[] = [];
  const outputs: number[] = [];
  for (const file of files) {
    for await (const records of readSpendLogs(file, rejects)) {
      const rows: TraceRow[] = [];
      found += records.length;
      for (const record of records) {
        const row = readRow(record, options);
        if (typeof row === 'string') {
          rejects.reject(file, record.line, row);
          continue;
        }
        if (ids.has(row.requestId)) {
          rejects.reject(file, record.line, `request_id ${quote(row.requestId)} was used before`);
          continue;
        }
        ids.add(row.requestId);
        if (hasLengths(row)) {
          inputs.push(row.inputTokens);
          outputs.push(row.outputTokens);
          rows.push(row);
        } else {
          held.push(row);
        }
      }
      yield rows;
    }
  }
  if (found === 0 && rejects.count === 0) {
    throw new BadInput(`${files.join(', ')}: ${files.length === 1 ? 'has' : 'have'} no rows; ${SPEND_LOGS_WANTED}`);
  }
  const usual = {
    input: middleOf(inputs) ?? USUAL_TOKENS.input,
    output: middleOf(outputs) ?? USUAL_TOKENS.output,
  };
  for (let first = 0; first < held.length; first += BATCH_ROWS) {
    yield held.slice(first, first + BATCH_ROWS).map((row) => ({
      ...row,
      inputTokens: row.inputTokens === 0 ? usual.input : row.inputTokens,
      outputTokens: row.outputTokens === 0 ? usual.output : row.outputTokens,
    }));
  }
};

/** An answer that is empty is one all the same: embeddings have none. */
function hasLengths({ recorded, inputTokens }: TraceRow): boolean {
  return inputTokens > 0 && (recorded?.kind ?? 'success') === 'success';
}

function middleOf(values: number[]): number | null {
  const sorted = Uint32Array.from(values).sort();
  return sorted[(sorted.length - 1) >> 1] ?? null;
}

/** Ends the reading of a row with a reason. */
class UnreadableField extends Error {}

function readRow({ fields }: SpendLogRecord, options: AssumedRequest): TraceRow | string {
  try {
    return rowOf(fields, options);
  } catch (error) {
    if (error instanceof UnreadableField) return error.message;
    throw error;
  }
}

type Fields = SpendLogRecord['fields'];

function rowOf(fields: Fields, options: AssumedRequest): TraceRow {
  const requestId = textOf(fields, 'request_id');
  if (requestId === null) throw new UnreadableField('request_id is missing');
  const callType = textOf(fields, 'call_type');
  if (callType !== null && !CALL_TYPES.test(callType)) {
    throw new UnreadableField(`call_type is ${quote(callType)}, which asks no model for text or vectors`);
  }
  const times = readTimes(fields);
  const metadata = readMetadata(fields);
  const servedBy = textOf(fields, 'model');
  const isFromCache = /^true$/i.test(textOf(fields, 'cache_hit') ?? '');
  return {
    arrivalMs: times.startMs,
    requestId,
    sessionId: textOf(fields, 'session_id'),
    clientKey: clientKeyOf(fields, metadata) ?? options.clientKey,
    protocol: options.protocol,
    model: textOf(fields, 'model_group') ?? (servedBy === null ? options.model : withoutProvider(servedBy)),
    declaredClass: null,
    declaredPriority: null,
    inputTokens: tokensOf(fields, 'prompt_tokens'),
    outputTokens: tokensOf(fields, 'completion_tokens'),
    maxOutputTokens: null,
    stream: times.firstTokenMs !== null || (times.isUnmeasured && options.stream),
    hasTools: false,
    hasImage: false,
    prefixBlocks: null,
    steering: null,
    recorded: isFromCache ? null : recordedOf(fields, metadata, times),
  };
}

interface Times {
  readonly startMs: number;
  readonly durationMs: number;
  /** Null for answers that are not streamed, and where nobody knows. */
  readonly firstTokenMs: number | null;
  /** The log does not say whether the answer was streamed. */
  readonly isUnmeasured: boolean;
}

function readTimes(fields: Fields): Times {
  const startMs = timeOf(fields, 'startTime');
  const endMs = timeOf(fields, 'endTime') ?? startMs;
  const firstMs = timeOf(fields, 'completionStartTime');
  if (startMs === null || endMs === null) throw new UnreadableField('startTime is missing');
  if (endMs < startMs) throw new UnreadableField('endTime is before startTime');
  const isStream = firstMs !== null && firstMs >= startMs && firstMs < endMs;
  return {
    startMs,
    durationMs: endMs - startMs,
    firstTokenMs: isStream ? firstMs - startMs : null,
    isUnmeasured: firstMs === null || endMs === startMs,
  };
}

function recordedOf(fields: Fields, metadata: Fields, times: Times): RecordedOutcome {
  const error = isObject(metadata['error_information']) ? metadata['error_information'] : {};
  const failed = (textOf(fields, 'status') ?? textOf(metadata, 'status')) === 'failure';
  const code = Number(textOf(error, 'error_code') ?? NaN);
  const errorStatus = Number.isInteger(code) && code >= 100 && code <= 599 ? code : null;
  return {
    target: targetOf(fields),
    propensity: null,
    kind: failed ? failureKind(errorStatus, textOf(error, 'error_class') ?? '') : 'success',
    status: failed ? errorStatus : 200,
    firstTokenMs: times.firstTokenMs,
    durationMs: failed && times.durationMs === 0 ? null : times.durationMs,
    costUsd: costOf(fields),
  };
}

/** LiteLLM names its own patience `Timeout` (408), and a client that left 499. */
function failureKind(status: number | null, errorClass: string): OutcomeKind {
  if (status === 429) return 'limited';
  if (status === 499) return 'cancelled';
  return status === 408 || /timeout/i.test(errorClass) ? 'timeout' : 'failure';
}

/** Null when the log does not say what served the request, as for those that never got so far. */
function targetOf(fields: Fields): string | null {
  const model = textOf(fields, 'model');
  if (model === null) return null;
  const named =
    textOf(fields, 'custom_llm_provider') ?? (model.includes('/') ? model.slice(0, model.indexOf('/')) : null);
  const deployment = textOf(fields, 'model_id') ?? textOf(fields, 'api_key');
  if (named === null) return null;
  const key = deployment === null ? 'main' : `key-${shortHash(deployment)}`;
  return `${named.replaceAll(/[^\w-]+/g, '-')}.${key}.${withoutProvider(model)}`;
}

function withoutProvider(model: string): string {
  return model.slice(model.indexOf('/') + 1);
}

/** The alias of a virtual key is its name; without one a hash stands for it. */
function clientKeyOf(fields: Fields, metadata: Fields): string | null {
  const alias = textOf(metadata, 'user_api_key_alias');
  if (alias !== null) return alias;
  const key = textOf(fields, 'api_key');
  return key === null ? null : `key-${shortHash(key)}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** An object, or in CSV and in some exports its JSON text; anything else says nothing. */
function readMetadata(fields: Fields): Fields {
  const value = fields['metadata'];
  if (isObject(value)) return value;
  if (typeof value !== 'string' || value.trim() === '') return {};
  try {
    const read: unknown = JSON.parse(value);
    return isObject(read) ? read : {};
  } catch {
    throw new UnreadableField('metadata is not JSON');
  }
}

/** Text or a number as text; null for nothing. */
function textOf(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function tokensOf(fields: Fields, name: string): number {
  const text = textOf(fields, name);
  const value = text === null ? 0 : Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= TOKENS_MAX) return value;
  throw new UnreadableField(`${name} is ${quote(text)}, but has to be a whole number from 0 to ${TOKENS_MAX}`);
}

function costOf(fields: Fields): number | null {
  const text = textOf(fields, 'spend');
  if (text === null) return null;
  const value = Number(text);
  if (value >= 0 && value < Infinity) return value;
  throw new UnreadableField(`spend is ${quote(text)}, but has to be USD from 0`);
}

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;
const WITH_ZONE = /\d(Z|[+-]\d\d(:?\d\d)?)$/;
/** Numbers below this are seconds since 1970, others ms. */
const SECONDS_BELOW = 1e11;

/** A date and time, in UTC unless it says otherwise, or a Unix time; null for nothing. */
function timeOf(fields: Fields, name: string): number | null {
  const text = textOf(fields, name);
  if (text === null) return null;
  const number = Number(text);
  if (Number.isFinite(number)) return number < SECONDS_BELOW ? number * 1_000 : number;
  const zoned = WITH_ZONE.test(text) ? text.replace(/([+-]\d\d)$/, '$1:00') : `${text}Z`;
  const epochMs = ISO.test(text) ? Date.parse(zoned.replace(' ', 'T')) : NaN;
  if (Number.isFinite(epochMs)) return epochMs;
  throw new UnreadableField(`${name} is ${quote(text)}, but has to be a date and time`);
}
