/** The body of a row's request for embeddings, in the form of the OpenAI API. */
import type { TraceRow } from '../../datasets/trace.ts';
import { aroundPrompt, PROMPT_TOKENS_MAX } from './prompt-text.ts';

/**
 * @param model to ask for
 * @returns UTF-8 JSON whose input has the row's input tokens by the twins' count, one at least
 */
export function embeddingsBody(row: TraceRow, model: string): Buffer {
  const tokens = Math.max(1, Math.min(PROMPT_TOKENS_MAX, row.inputTokens));
  return aroundPrompt(`{"model":${JSON.stringify(model)},"input":"`, row, tokens, '"}');
}
