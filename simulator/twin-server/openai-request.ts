/** Requests in the form of the OpenAI API, read as far as a twin needs. */
import { promptTokens } from './prompt-size.ts';

/** A request that the provider refuses as the client's own fault. */
export interface RequestProblem {
  readonly problem: string;
  readonly param: string | null;
}

export interface Prompt {
  readonly texts: readonly string[];
  readonly tokens: number;
}

export interface ToolToCall {
  readonly name: string;
  /** JSON Schema of its arguments. */
  readonly parameters: unknown;
}

export interface ChatCall {
  readonly kind: 'chat';
  readonly model: string;
  readonly prompt: Prompt;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** `max_completion_tokens` or `max_tokens`; `null` = not limited. */
  readonly maxTokens: number | null;
  /** Set when the client insists on a call (`tool_choice` `required` or a function by its name). */
  readonly tool: ToolToCall | null;
  readonly promptCacheKey: string | null;
}

export interface EmbeddingsCall {
  readonly kind: 'embeddings';
  readonly model: string;
  readonly prompt: Prompt;
  readonly inputs: number;
  readonly dimensions: number;
  readonly asBase64: boolean;
}

const MAX_TOKENS_LIMIT = 1_000_000;
const INPUTS_MAX = 2_048;
const DIMENSIONS_MAX = 3_072;
const DIMENSIONS_DEFAULT = 256;

type Fields = Readonly<Record<string, unknown>>;

export function readChatCall(body: unknown): ChatCall | RequestProblem {
  if (!isFields(body)) return { problem: 'The body is not a JSON object.', param: null };
  const model = body['model'];
  if (typeof model !== 'string' || model === '')
    return { problem: 'you must provide a model parameter', param: 'model' };
  const messages = body['messages'];
  if (!Array.isArray(messages) || messages.length === 0) {
    return { problem: "'messages' must be a list with at least one message.", param: 'messages' };
  }
  const maxTokens = body['max_completion_tokens'] ?? body['max_tokens'] ?? null;
  if (maxTokens !== null && !isCount(maxTokens, MAX_TOKENS_LIMIT)) {
    return { problem: `max_tokens must be a whole number from 1 to ${MAX_TOKENS_LIMIT}.`, param: 'max_tokens' };
  }
  const tool = toolToCall(body['tools'], body['tool_choice']);
  if (tool !== null && 'problem' in tool) return tool;
  const options = body['stream_options'];
  const cacheKey = body['prompt_cache_key'];
  return {
    kind: 'chat',
    model,
    prompt: promptOf(messages),
    stream: body['stream'] === true,
    includeUsage: isFields(options) && options['include_usage'] === true,
    maxTokens,
    tool,
    promptCacheKey: typeof cacheKey === 'string' ? cacheKey : null,
  };
}

export function readEmbeddingsCall(body: unknown): EmbeddingsCall | RequestProblem {
  if (!isFields(body)) return { problem: 'The body is not a JSON object.', param: null };
  const model = body['model'];
  if (typeof model !== 'string' || model === '')
    return { problem: 'you must provide a model parameter', param: 'model' };
  const dimensions = body['dimensions'] ?? DIMENSIONS_DEFAULT;
  if (!isCount(dimensions, DIMENSIONS_MAX)) {
    return { problem: `dimensions must be a whole number from 1 to ${DIMENSIONS_MAX}.`, param: 'dimensions' };
  }
  const input = body['input'];
  const inputs: readonly unknown[] = isListOfInputs(input) ? input : [input];
  if (inputs.length === 0 || inputs.length > INPUTS_MAX || !inputs.every(isInput)) {
    return { problem: "'input' must be a text, a list of tokens, or a list of these.", param: 'input' };
  }
  const texts = inputs.filter((each) => typeof each === 'string');
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const tokens = inputs.reduce<number>((sum, each) => sum + (Array.isArray(each) ? each.length : 0), 0);
  return {
    kind: 'embeddings',
    model,
    prompt: { texts, tokens: tokens + promptTokens(characters, 0) },
    inputs: inputs.length,
    dimensions,
    asBase64: body['encoding_format'] === 'base64',
  };
}

/** A list of numbers is one input, tokens; any other list holds inputs. */
function isListOfInputs(input: unknown): input is unknown[] {
  return Array.isArray(input) && typeof input[0] !== 'number';
}

function isInput(input: unknown): input is string | readonly number[] {
  return typeof input === 'string' || (Array.isArray(input) && input.every((token) => typeof token === 'number'));
}

function promptOf(messages: readonly unknown[]): Prompt {
  const texts: string[] = [];
  let characters = 0;
  let images = 0;
  for (const message of messages) {
    if (!isFields(message)) continue;
    const { content } = message;
    const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
    for (const part of parts) {
      const text: unknown = isFields(part) ? part['text'] : part;
      if (typeof text === 'string') {
        texts.push(text);
        characters += text.length;
      } else if (isFields(part) && part['type'] === 'image_url') images++;
    }
  }
  return { texts, tokens: promptTokens(characters, images) };
}

function toolToCall(tools: unknown, choice: unknown): ToolToCall | RequestProblem | null {
  const functions = (Array.isArray(tools) ? (tools as readonly unknown[]) : [])
    .map((tool) => (isFields(tool) ? tool['function'] : null))
    .filter(isFields);
  const chosen = isFields(choice) && isFields(choice['function']) ? choice['function']['name'] : null;
  if (choice !== 'required' && chosen === null) return null;
  const found = chosen === null ? functions[0] : functions.find(({ name }) => name === chosen);
  if (found === undefined || typeof found['name'] !== 'string') {
    return { problem: "'tool_choice' asks for a function that 'tools' does not have.", param: 'tool_choice' };
  }
  return { name: found['name'], parameters: found['parameters'] };
}

function isCount(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
