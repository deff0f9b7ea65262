/** The body of a row's chat request, in the form of the OpenAI API. */
import type { TraceRow } from '../../datasets/trace.ts';
import { IMAGE_TOKENS } from '../twin-server/prompt-size.ts';
import { aroundPrompt, PROMPT_TOKENS_MAX } from './prompt-text.ts';

/** One grey pixel. */
const IMAGE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';
const IMAGE_PART = `,{"type":"image_url","image_url":{"url":"${IMAGE}","detail":"low"}}`;
const TOOLS = `,"tools":${JSON.stringify([
  {
    type: 'function',
    function: {
      name: 'look_up',
      description: 'Looks a word up.',
      parameters: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
    },
  },
])},"tool_choice":"auto"`;

/**
 * @param model to ask for
 * @returns UTF-8 JSON whose prompt has the row's input tokens by the twins' count
 */
export function chatBody(row: TraceRow, model: string): Buffer {
  const promptTokens = Math.min(PROMPT_TOKENS_MAX, row.inputTokens);
  const textTokens = row.hasImage ? Math.max(0, promptTokens - IMAGE_TOKENS) : promptTokens;
  const head = `{"model":${JSON.stringify(model)},"messages":[{"role":"user","content":`;
  const before = row.hasImage ? `${head}[{"type":"text","text":"` : `${head}"`;
  const after = (row.hasImage ? `"}${IMAGE_PART}]}]` : '"}]') + options(row);
  return aroundPrompt(before, row, textTokens, after);
}

function options(row: TraceRow): string {
  const limit = row.maxOutputTokens === null ? '' : `,"max_tokens":${row.maxOutputTokens}`;
  const stream = row.stream ? ',"stream":true,"stream_options":{"include_usage":true}' : '';
  return `${limit}${stream}${row.hasTools ? TOOLS : ''}}`;
}
