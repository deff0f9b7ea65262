/** The body of a row's chat request, in the form of the OpenAI API. */
import type { TraceRow } from '../../datasets/trace.ts';
import type { Steering } from '../../src/router/index.ts';
import { IMAGE_TOKENS } from '../twin-server/prompt-size.ts';
import { aroundPrompt, PROMPT_TOKENS_MAX } from './prompt-text.ts';
import { isHeaderText } from './request-headers.ts';
import { steeredMessages } from './steered-messages.ts';

/** One grey pixel. */
const IMAGE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';
const IMAGE_PART = `{"type":"image_url","image_url":{"url":"${IMAGE}","detail":"low"}}`;
const TOOLS = toolsNamed('look_up');
/** Alone it does not count as having tools. */
const SHELL_ALONE = toolsNamed('exec_command');

/**
 * @param model to ask for
 * @returns UTF-8 JSON whose prompt has the row's input tokens by the twins' count
 */
export function chatBody(row: TraceRow, model: string): Buffer {
  const promptTokens = Math.min(PROMPT_TOKENS_MAX, row.inputTokens);
  if (row.steering !== null) return steeredBody(row, row.steering, model, promptTokens);
  const textTokens = row.hasImage ? Math.max(0, promptTokens - IMAGE_TOKENS) : promptTokens;
  const head = `{"model":${JSON.stringify(model)},"messages":[{"role":"user","content":`;
  const before = row.hasImage ? `${head}[{"type":"text","text":"` : `${head}"`;
  const after = (row.hasImage ? `"},${IMAGE_PART}]}]` : '"}]') + options(row);
  return aroundPrompt(before, row, textTokens, after);
}

/** The tokens of what is said besides the filler come off the filler. */
function steeredBody(row: TraceRow, steering: Steering, model: string, promptTokens: number): Buffer {
  const { before, after, ownTokens, images } = steeredMessages(row, steering, IMAGE_PART);
  const fillerTokens = Math.max(0, promptTokens - ownTokens - images * IMAGE_TOKENS);
  const head = `{"model":${JSON.stringify(model)},"messages":${before}`;
  return aroundPrompt(head, row, fillerTokens, `${after}${steeringFields(row, steering)}${options(row)}`);
}

/** What has no header: bans, a hint that a header cannot hold, and the session where its header means another scope. */
function steeringFields({ sessionId }: TraceRow, { bans, routeHint, scope }: Steering): string {
  const cacheKey = sessionId === null || scope === 'session' ? '' : `,"prompt_cache_key":${JSON.stringify(sessionId)}`;
  const metadata = {
    ...(bans.length === 0 ? {} : { disabledProviderKeyAliases: bans }),
    ...(routeHint === null || isHeaderText(routeHint) ? {} : { routeHint }),
  };
  return Object.keys(metadata).length === 0 ? cacheKey : `${cacheKey},"metadata":${JSON.stringify(metadata)}`;
}

function options(row: TraceRow): string {
  const limit = row.maxOutputTokens === null ? '' : `,"max_tokens":${row.maxOutputTokens}`;
  const stream = row.stream ? ',"stream":true,"stream_options":{"include_usage":true}' : '';
  return `${limit}${stream}${row.hasTools ? toolsOf(row) : ''}}`;
}

function toolsOf({ steering }: TraceRow): string {
  return steering?.signals?.usesTools === false ? SHELL_ALONE : TOOLS;
}

function toolsNamed(name: string): string {
  const parameters = { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] };
  const tools = [{ type: 'function', function: { name, description: 'Looks a word up.', parameters } }];
  return `,"tools":${JSON.stringify(tools)},"tool_choice":"auto"`;
}
