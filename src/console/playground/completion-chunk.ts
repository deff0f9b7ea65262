/** What an event of a streamed chat completion says, read from its data without trust in its form. */

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of the prompt's, read from a cache; 0 where the provider does not say. */
  readonly cachedTokens: number;
}

export interface Chunk {
  /** Empty: none. */
  readonly text: string;
  /** Why the answer ended, in the provider's word. */
  readonly finish: string | null;
  readonly usage: Usage | null;
  /** The stream ended badly. */
  readonly error: string | null;
}

const NOTHING: Chunk = { text: '', finish: null, usage: null, error: null };
const END = '[DONE]';

/** Nothing for the end mark and for data that is no JSON. */
export function readChunk(data: string): Chunk {
  if (data.trim() === END) return NOTHING;
  const value = parsed(data);
  const choices = value['choices'];
  const choice = recordOf(Array.isArray(choices) ? choices[0] : null);
  const said = recordOf(choice['delta'] ?? choice['message'])['content'];
  const finish = choice['finish_reason'];
  const error = value['error'];
  return {
    text: typeof said === 'string' ? said : '',
    finish: typeof finish === 'string' ? finish : null,
    usage: usageOf(value['usage']),
    error: error === undefined || error === null ? null : errorText(error),
  };
}

/** The message of an answer that is an error; null: it has none. */
export function readErrorBody(body: string): string | null {
  const error = parsed(body)['error'];
  return error === undefined || error === null ? null : errorText(error);
}

type Fields = Readonly<Record<string, unknown>>;

function errorText(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message, code } = recordOf(error) as { readonly message?: unknown; readonly code?: unknown };
  if (typeof message === 'string') return message;
  return typeof code === 'string' ? code : 'no reason was given';
}

function usageOf(value: unknown): Usage | null {
  const usage = recordOf(value);
  const count = (from: Fields, name: string): number => (typeof from[name] === 'number' ? from[name] : 0);
  if (typeof usage['prompt_tokens'] !== 'number' && typeof usage['completion_tokens'] !== 'number') return null;
  return {
    promptTokens: count(usage, 'prompt_tokens'),
    completionTokens: count(usage, 'completion_tokens'),
    cachedTokens: count(recordOf(usage['prompt_tokens_details']), 'cached_tokens'),
  };
}

function parsed(text: string): Fields {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
