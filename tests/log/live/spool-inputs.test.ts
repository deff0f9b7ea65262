import { expect, test } from 'vitest';
import { RecordEncoder } from '../../../src/log/live/record-encoder.ts';
import { RecordDecoder } from '../../../src/log/live/owner/record-decoder.ts';
import type { RowColumns } from '../../../src/log/live/owner/row-columns.ts';
import { encodePayload } from '../../../src/log/payload.ts';
import { FRAME_HEADER_BYTES } from '../../../src/log/live/spool-format.ts';
import type { AttemptOutcome } from '../../../src/router/index.ts';
import { sampleRequest } from '../sample-rows.ts';

const PLAIN = sampleRequest('r-1');
const FULL = sampleRequest('ä-"2"\n', {
  sessionId: '',
  model: '模型 '.repeat(40),
  declaredClass: 'background',
  declaredPriority: 'high',
  inputTokens: 4_294_967_296.5,
  maxOutputTokens: Infinity,
  stream: false,
  hasTools: true,
  hasImage: true,
  prefixBlocks: [0, -0, 4_294_967_295, 2 ** 53],
  steering: {
    scope: 'session',
    scopeId: 'team:session:x',
    signals: null,
    routeHint: 'vision',
    instructions: [],
    bans: ['a/b'],
    needsServerTools: true,
  },
});
const SUCCESS: AttemptOutcome = {
  requestId: 'r-1',
  attempt: 2,
  kind: 'success',
  status: 200,
  errorCode: null,
  firstTokenMs: 0.1 + 0.2,
  durationMs: 1_234.000_000_1,
  inputTokens: 7,
  outputTokens: 9,
  cacheReadTokens: 1,
  cacheWriteTokens: 2,
  costMicroUsd: 3,
  retryAfterMs: null,
  reachedClient: true,
};
const LEFT: AttemptOutcome = {
  ...SUCCESS,
  attempt: 0,
  kind: 'cancelled',
  status: null,
  errorCode: 'client_left',
  firstTokenMs: null,
  durationMs: -0,
  retryAfterMs: Infinity,
  reachedClient: false,
};

/** Only the inputs are asked for. */
function decodedInputs(encoder: RecordEncoder): unknown[][] {
  const columns: unknown[][] = [[], [], [], []];
  const decoder = new RecordDecoder({ inputs: { columns } } as unknown as RowColumns, { indexOf: () => 1 });
  const decoded = decoder.decode(encoder.batch.bytes, FRAME_HEADER_BYTES, encoder.batch.length);
  expect(decoded).toEqual({ nextSequence: columns[0]!.length, firstAtMs: 0.5 });
  return columns;
}

test('requests and outcomes come out of the spool as the very JSON that other logs have', () => {
  const encoder = new RecordEncoder(64);
  encoder.begin(0, 0.5, PLAIN);
  encoder.begin(1, 1.5, FULL);
  encoder.observe(2, 2.5, SUCCESS);
  encoder.observe(3, 3.5, LEFT);
  const payloads = [PLAIN, FULL, SUCCESS, LEFT].map(encodePayload);
  const kinds = ['begin', 'begin', 'observe', 'observe'];
  expect(decodedInputs(encoder)).toEqual([[0n, 1n, 2n, 3n], [0.5, 1.5, 2.5, 3.5], kinds, payloads]);
});

test('NaN is refused, as it would be read as null, and leaves the batch as it was', () => {
  const encoder = new RecordEncoder(64);
  encoder.begin(0, 0.5, PLAIN);
  const { length } = encoder.batch;
  expect(() => encoder.begin(1, 1, { ...PLAIN, inputTokens: NaN })).toThrow(/NaN/);
  expect(() => encoder.begin(1, 1, { ...PLAIN, prefixBlocks: [1, NaN] })).toThrow(/NaN/);
  for (const field of ['attempt', 'status', 'firstTokenMs', 'durationMs', 'costMicroUsd', 'retryAfterMs']) {
    expect(() => encoder.observe(1, 1, { ...SUCCESS, [field]: NaN })).toThrow(/NaN/);
  }
  expect(encoder.batch.length).toBe(length);
  expect(decodedInputs(encoder)[3]).toEqual([encodePayload(PLAIN)]);
});
