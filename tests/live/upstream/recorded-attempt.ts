import type {
  AnswerHead,
  AttemptResult,
  UpstreamAttempt,
  UpstreamCall,
  UpstreamClient,
} from '../../../src/proxy/upstream/index.ts';

export interface RecordedAttempt {
  readonly attempt: UpstreamAttempt;
  /** Status lines, chunks and the end, in the order in which they came: `head`, `chunk`, `end`. */
  readonly order: string[];
  readonly head: () => AnswerHead | null;
  readonly text: () => string;
  readonly result: Promise<AttemptResult>;
  /** How often the end was told. */
  readonly ends: () => number;
}

export const PATIENT = { connectMs: 10_000, firstTokenMs: 10_000, idleMs: 10_000, totalMs: 10_000 };

/** Starts an attempt and writes down what its listener is told. */
export function record(
  client: UpstreamClient,
  call: Partial<UpstreamCall> & { readonly origin: string },
  onChunk: (attempt: UpstreamAttempt, chunk: Buffer) => void = () => undefined,
): RecordedAttempt {
  const order: string[] = [];
  const chunks: Buffer[] = [];
  let head: AnswerHead | null = null;
  let ends = 0;
  let settle: (result: AttemptResult) => void = () => undefined;
  const result = new Promise<AttemptResult>((resolve) => {
    settle = resolve;
  });
  const attempt = client.start(
    {
      path: '/v1/chat/completions',
      headers: ['content-type', 'application/json'],
      body: Buffer.from('{"model":"m"}'),
      endpoint: 'chat',
      isStream: true,
      hidesUsage: false,
      timeouts: PATIENT,
      ...call,
    },
    {
      onHead: (given) => {
        order.push('head');
        head = given;
      },
      onChunk: (chunk) => {
        order.push('chunk');
        chunks.push(chunk);
        onChunk(attempt, chunk);
      },
      onEnd: (given) => {
        order.push('end');
        ends++;
        settle(given);
      },
    },
  );
  return {
    attempt,
    order,
    head: () => head,
    text: () => Buffer.concat(chunks).toString(),
    result,
    ends: () => ends,
  };
}

/** Waits until something holds; throws when it does not come about. */
export async function until(holds: () => boolean, what: string, timeoutMs = 5_000): Promise<void> {
  const endAtMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > endAtMs) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
