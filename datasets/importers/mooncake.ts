import { drawUniform } from '../../src/router/keyed-draw.ts';
import { DATASET_DRAW } from '../draw-purpose.ts';
import { TOKENS_MAX } from '../trace-columns.ts';
import type { TraceRow } from '../trace.ts';
import { quote } from './fields.ts';
import { assumedRow, numberedId, type AssumedRequest, type Importer } from './importer.ts';
import { readLines } from './text-lines.ts';

export interface MooncakeOptions extends AssumedRequest {
  /** Base of the draws that spread requests inside their bin. */
  readonly seed: number;
}

/** The trace's clock ticks in this. */
const BIN_MS = 3_000;
/** Some time stamps fall 1 ms short of their bin (2,999 for 3,000). */
const SLACK_MS = 1;

interface MooncakeRequest {
  readonly number: number;
  readonly timestampMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly prefixBlocks: readonly number[];
}

/**
 * Mooncake traces: JSON lines with `timestamp` (ms, in steps of 3 s), `input_length`, `output_length`, `hash_ids` (ids of
 * 512-token prefix blocks, kept as they are). Requests of one bin are spread over it as the order statistics of uniform
 * draws, so that the file's order holds and no burst is made up. There are no session ids.
 */
export const importMooncake: Importer<MooncakeOptions> = async function* (files, options, rejects) {
  let number = 0;
  for (const file of files) {
    let bin: MooncakeRequest[] = [];
    for await (const { firstLine, lines } of readLines(file)) {
      const rows: TraceRow[] = [];
      for (const [index, line] of lines.entries()) {
        if (line.trim() === '') continue;
        number++;
        const request = readRequest(line, number);
        if (typeof request === 'string') {
          rejects.reject(file, firstLine + index, request);
          continue;
        }
        if (bin[0] !== undefined && binStart(bin[0]) !== binStart(request)) {
          rows.push(...spread(bin, options));
          bin = [];
        }
        bin.push(request);
      }
      yield rows;
    }
    yield spread(bin, options);
  }
};

function binStart(request: MooncakeRequest): number {
  return Math.floor((request.timestampMs + SLACK_MS) / BIN_MS) * BIN_MS;
}

function spread(bin: readonly MooncakeRequest[], options: MooncakeOptions): readonly TraceRow[] {
  const offsets = bin
    .map((request) => drawUniform(options.seed, request.number, 0, DATASET_DRAW.mooncakeJitter) * BIN_MS)
    .sort((a, b) => a - b);
  return bin.map((request, index) => {
    const { inputTokens, outputTokens, prefixBlocks } = request;
    const arrivalMs = binStart(request) + (offsets[index] ?? 0);
    const requestId = numberedId('mooncake', request.number);
    return assumedRow(options, { arrivalMs, requestId, inputTokens, outputTokens, prefixBlocks });
  });
}

function readRequest(line: string, number: number): MooncakeRequest | string {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return `is not JSON: ${quote(line)}`;
  }
  if (typeof record !== 'object' || record === null) return `is no JSON object: ${quote(record)}`;
  const { timestamp, input_length, output_length, hash_ids } = record as Readonly<Record<string, unknown>>;
  if (!isInteger(timestamp, Number.MAX_SAFE_INTEGER)) return `timestamp is ${quote(timestamp)}, but has to be whole ms`;
  if (!isInteger(input_length, TOKENS_MAX))
    return `input_length is ${quote(input_length)}, but has to be a token count`;
  if (!isInteger(output_length, TOKENS_MAX))
    return `output_length is ${quote(output_length)}, but has to be a token count`;
  if (!Array.isArray(hash_ids) || !hash_ids.every((id) => isInteger(id, Number.MAX_SAFE_INTEGER))) {
    return `hash_ids is ${quote(hash_ids)}, but has to be a list of whole numbers`;
  }
  return {
    number,
    timestampMs: timestamp,
    inputTokens: input_length,
    outputTokens: output_length,
    prefixBlocks: hash_ids as readonly number[],
  };
}

function isInteger(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
