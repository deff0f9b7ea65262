/** Calls the proxy's own endpoints as any client would: with a client key, without the console's session. */
import { EventReader } from './sse-events.ts';
import { readChunk, readErrorBody, type Usage } from './completion-chunk.ts';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What is said of an answer while it comes. */
export interface AnswerSoFar {
  readonly text: string;
  /** From the call to the first text, ms; null: none came yet. */
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  readonly usage: Usage | null;
  readonly finish: string | null;
  /** Those of the proxy, `x-token-pool-...`, sorted. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The call failed, or the answer broke off. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  /** Of the refusal; null: no answer came, or it broke off. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

const OWN_HEADERS = 'x-token-pool-';
export const REQUEST_ID_HEADER = `${OWN_HEADERS}request-id`;

/** @throws CallFailed in plain words */
export async function listModels(clientKey: string, signal: AbortSignal): Promise<readonly string[]> {
  const response = await called('/v1/models', { headers: keyHeader(clientKey), signal });
  const { data } = (await response.json()) as { readonly data: readonly { readonly id: string }[] };
  return data.map(({ id }) => id);
}

export interface Question {
  readonly clientKey: string;
  readonly model: string;
  readonly messages: readonly Message[];
  /** Tokens; null: as many as the model likes. */
  readonly maxTokens: number | null;
}

/**
 * Asks, and tells of the answer as it comes.
 *
 * @throws CallFailed in plain words; what had come by then was told
 */
export async function askModel(
  { clientKey, model, messages, maxTokens }: Question,
  signal: AbortSignal,
  tell: (answer: AnswerSoFar) => void,
): Promise<void> {
  const startMs = performance.now();
  const since = (): number => performance.now() - startMs;
  const limit = maxTokens === null ? {} : { max_tokens: maxTokens };
  const response = await called('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyHeader(clientKey) },
    body: JSON.stringify({ model, messages, ...limit, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  let answer: AnswerSoFar = {
    text: '',
    firstTokenMs: null,
    durationMs: since(),
    usage: null,
    finish: null,
    headers: ownHeaders(response.headers),
  };
  tell(answer);
  for await (const data of eventsOf(response)) {
    const { text, finish, usage, error } = readChunk(data);
    answer = {
      ...answer,
      text: answer.text + text,
      firstTokenMs: answer.firstTokenMs ?? (text === '' ? null : since()),
      durationMs: since(),
      usage: usage ?? answer.usage,
      finish: finish ?? answer.finish,
    };
    tell(answer);
    if (error !== null) throw new CallFailed(`The answer broke off: ${error}`);
  }
  tell({ ...answer, durationMs: since() });
}

async function* eventsOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const [decoder, events] = [new TextDecoder(), new EventReader()];
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new CallFailed('The answer broke off: the connection was lost.');
    });
    if (done) break;
    yield* events.take(decoder.decode(value, { stream: true }));
  }
  yield* events.end();
}

async function called(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: 'omit', cache: 'no-store' });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new CallFailed('The proxy cannot be reached.');
  }
  if (response.ok) return response;
  const said = readErrorBody(await response.text());
  const words = `${said ?? 'The call failed.'} (status ${response.status})${retryWords(response.headers)}`;
  throw new CallFailed(words, response.status);
}

function retryWords(headers: Headers): string {
  const seconds = headers.get('retry-after');
  return seconds === null ? '' : ` Try again in ${seconds} s.`;
}

function keyHeader(clientKey: string): Readonly<Record<string, string>> {
  return clientKey === '' ? {} : { authorization: `Bearer ${clientKey}` };
}

function ownHeaders(headers: Headers): readonly (readonly [string, string])[] {
  return [...headers].filter(([name]) => name.startsWith(OWN_HEADERS)).sort(([a], [b]) => (a < b ? -1 : 1));
}
