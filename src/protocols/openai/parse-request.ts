/** A client's body, read once: what the core has to know, and where the rewriting will have to cut. */
import type { RouterRequest } from '../../router/contract.ts';
import type { Instruction } from '../../router/steering.ts';
import { lastMember, layoutOfObject, type Member, type ObjectLayout } from './json-layout.ts';
import { isRecord, type JsonRecord } from './json-record.ts';
import { JsonText } from './json-text.ts';
import { PREFIX_BLOCKS_MAX, prefixBlocks } from './prefix-blocks.ts';
import { chatSize, embeddingTokens } from './prompt-size.ts';
import type { RequestHeaders } from './request-headers.ts';
import { problem, wrongType, type RequestProblem } from './request-problem.ts';
import { HEADER_WORDS, readTraits, wrongHeader } from './request-traits.ts';
import { readSteering, type SteeringOptions } from './steering.ts';

export type Endpoint = 'chat' | 'embeddings';

/** What the core needs, without the names that the driver gives. */
export type RequestFeatures = Omit<RouterRequest, 'requestId' | 'clientKey'>;

export interface ParsedRequest {
  readonly kind: 'request';
  readonly features: RequestFeatures;
  /** The client asked for usage at the end of its stream, so it must see it. */
  readonly wantsStreamUsage: boolean;
  /** Of the body's bytes, for `rewriteRequest`. */
  readonly layout: ObjectLayout;
}

const MODEL_LENGTH_MAX = 256;
const NO_INSTRUCTIONS: readonly Instruction[] = [];

/**
 * @param body the client's bytes; they are not changed, and `layout` refers to them
 * @param scope the client key, to which prefix hashes and sessions are bound
 * @param steering how to read where a chat wants to go; null to leave that out
 * @param instructions that `readMarkers` took out of the body
 */
export function parseRequest(
  body: Buffer,
  endpoint: Endpoint,
  headers: RequestHeaders,
  scope: string,
  steering: SteeringOptions | null = null,
  instructions: readonly Instruction[] = NO_INSTRUCTIONS,
): ParsedRequest | RequestProblem {
  const header = wrongHeader(headers);
  if (header !== null) {
    const words = HEADER_WORDS[header].join(', ');
    return problem('invalid_value', header, `The header '${header}' must be one of ${words}.`);
  }
  const text = new JsonText(body);
  let fields: unknown;
  try {
    fields = text.parse();
  } catch (error) {
    return notJson(error);
  }
  // Only objects have a layout, and what JSON.parse accepts as an object has one.
  const layout = layoutOfObject(text, 0, body.length, 'messages', PREFIX_BLOCKS_MAX);
  if (!isRecord(fields) || layout === null) {
    return problem('invalid_json', null, 'The body must be a JSON object.');
  }
  const { model } = fields;
  if (model === undefined || model === null || model === '') {
    return problem('missing_field', 'model', "The field 'model' is missing: name a model, an alias or 'auto'.");
  }
  if (typeof model !== 'string') return wrongType('model', 'a text');
  if (model.length > MODEL_LENGTH_MAX) {
    return problem('invalid_value', 'model', `'model' is longer than ${MODEL_LENGTH_MAX} characters.`);
  }
  return endpoint === 'chat'
    ? parseChat(body, fields, model, layout, headers, scope, steering, instructions)
    : parseEmbeddings(fields, model, layout, headers, scope);
}

function parseChat(
  body: Buffer,
  fields: JsonRecord,
  model: string,
  layout: ObjectLayout,
  headers: RequestHeaders,
  scope: string,
  options: SteeringOptions | null,
  instructions: readonly Instruction[],
): ParsedRequest | RequestProblem {
  const { messages, stream, tools, functions, stream_options: streamOptions } = fields;
  if (messages === undefined || messages === null) {
    return problem('missing_field', 'messages', "The field 'messages' is missing: a list of messages is needed.");
  }
  if (!Array.isArray(messages)) return wrongType('messages', 'a list');
  if (messages.length === 0) return problem('invalid_value', 'messages', "'messages' is empty: it needs one at least.");
  for (let index = 0; index < messages.length; index++) {
    if (!isRecord(messages[index])) return wrongType(`messages[${index}]`, 'an object');
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean')
    return wrongType('stream', 'true or false');
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) return wrongType('tools', 'a list');
  if (streamOptions !== undefined && streamOptions !== null && !isRecord(streamOptions)) {
    return wrongType('stream_options', 'an object');
  }
  const newLimit = fields['max_completion_tokens'] ?? null;
  const limitField = newLimit === null ? 'max_tokens' : 'max_completion_tokens';
  const given = newLimit ?? fields['max_tokens'] ?? null;
  // Local servers take -1 for "no limit".
  const limit = given === -1 ? null : given;
  if (limit !== null && !isTokenCount(limit)) {
    return problem('invalid_value', limitField, `'${limitField}' must be a whole number of at least 1.`);
  }
  const steering = options === null ? null : readSteering(fields, headers, scope, options, instructions);
  if (steering !== null && 'kind' in steering) return steering;

  const traits = readTraits(fields, headers, scope);
  const toolsMember = lastMember(layout, 'tools') ?? lastMember(layout, 'functions');
  const jsonBytes = lengthOf(toolsMember) + lengthOf(lastMember(layout, 'response_format'));
  const size = chatSize(messages as unknown[], jsonBytes);
  return {
    kind: 'request',
    features: {
      // Field by field: a spread here costs more than the rest of the reading.
      sessionId: traits.sessionId,
      declaredClass: traits.declaredClass,
      declaredPriority: traits.declaredPriority,
      protocol: 'openai',
      model,
      inputTokens: size.tokens,
      maxOutputTokens: limit,
      stream: stream === true,
      hasTools: isFilled(tools) || isFilled(functions),
      hasImage: size.hasImage,
      prefixBlocks: prefixBlocks(
        body,
        scope,
        toolsMember?.valueStart ?? -1,
        toolsMember?.valueEnd ?? -1,
        layout.elements,
      ),
      steering,
    },
    wantsStreamUsage: isRecord(streamOptions) && streamOptions['include_usage'] === true,
    layout,
  };
}

function parseEmbeddings(
  fields: JsonRecord,
  model: string,
  layout: ObjectLayout,
  headers: RequestHeaders,
  scope: string,
): ParsedRequest | RequestProblem {
  const { input } = fields;
  if (input === undefined || input === null) {
    return problem('missing_field', 'input', "The field 'input' is missing: a text or a list is needed.");
  }
  const inputTokens = embeddingTokens(input);
  if (inputTokens === null) return wrongType('input', 'a text, a list of texts, or a list of token ids');
  const traits = readTraits(fields, headers, scope);
  return {
    kind: 'request',
    features: {
      sessionId: traits.sessionId,
      declaredClass: traits.declaredClass,
      declaredPriority: traits.declaredPriority,
      protocol: 'openai',
      model,
      inputTokens,
      // Vectors are not counted as output; without a limit the core would reserve for an answer of usual length.
      maxOutputTokens: 0,
      stream: false,
      hasTools: false,
      hasImage: false,
      prefixBlocks: null,
      steering: null,
    },
    wantsStreamUsage: false,
    layout,
  };
}

function lengthOf(member: Member | null): number {
  return member === null ? 0 : member.valueEnd - member.valueStart;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isTokenCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** The parser's own message quotes the text around the error, so only the position is taken from it. */
function notJson(error: unknown): RequestProblem {
  const position = /at position (\d+)/.exec(String(error))?.[1];
  const place = position === undefined ? '' : ` (near character ${position})`;
  return problem('invalid_json', null, `The body is not valid JSON${place}.`);
}
