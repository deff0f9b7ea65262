import type { AttemptPlan } from '../twins/attempt-plan.ts';
import { usageOf, type AnswerForm } from './answer-form.ts';
import { answerText } from './answer-text.ts';
import type { ChatCall } from './openai-request.ts';
import { toolArguments } from './tool-arguments.ts';

const END_OF_CHUNK = ',"logprobs":null,"finish_reason":null}]';

/** A chat completion: text, or a call of the tool that the client insists on. */
export class ChatAnswer implements AnswerForm {
  private readonly call: ChatCall;
  private readonly id: string;
  private readonly createdS: number;
  private readonly finishReason: string;
  /** Of every chunk of the stream, up to its delta. */
  private readonly startOfChunk: string;
  private readonly endOfChunk: string;
  /** The arguments of the tool call that have not been streamed. */
  private argumentsLeft: string;
  private readonly callId: string;

  /**
   * @param id of the completion, `chatcmpl-...`
   * @param createdS when, in seconds since 1970
   * @param isCut the answer stops at `max_tokens`
   */
  constructor(call: ChatCall, id: string, createdS: number, isCut: boolean) {
    this.call = call;
    this.id = id;
    this.createdS = createdS;
    this.finishReason = isCut ? 'length' : call.tool === null ? 'stop' : 'tool_calls';
    this.startOfChunk = `data: ${this.head('chat.completion.chunk')},"choices":[{"index":0,"delta":`;
    // With include_usage, all chunks but the last carry an empty usage.
    this.endOfChunk = call.includeUsage ? `${END_OF_CHUNK},"usage":null}\n\n` : `${END_OF_CHUNK}}\n\n`;
    this.argumentsLeft = call.tool === null ? '' : JSON.stringify(toolArguments(call.tool.parameters));
    this.callId = `call_${id.slice(id.indexOf('-') + 1)}`;
  }

  whole(plan: AttemptPlan): string {
    const { tool } = this.call;
    const content = tool === null ? `"${answerText(0, plan.outputTokens)}"` : 'null';
    const calls =
      tool === null
        ? ''
        : `,"tool_calls":${JSON.stringify([
            { id: this.callId, type: 'function', function: { name: tool.name, arguments: this.argumentsLeft } },
          ])}`;
    const message = `{"role":"assistant","content":${content},"refusal":null${calls}}`;
    const choice = `{"index":0,"message":${message},"logprobs":null,"finish_reason":"${this.finishReason}"}`;
    return `${this.head('chat.completion')},"choices":[${choice}],"usage":${JSON.stringify(usageOf(plan))}}`;
  }

  opening(): string {
    const { tool } = this.call;
    if (tool === null) return this.chunk('{"role":"assistant","content":"","refusal":null}');
    const call = { index: 0, id: this.callId, type: 'function', function: { name: tool.name, arguments: '' } };
    return this.chunk(`{"role":"assistant","content":null,"tool_calls":${JSON.stringify([call])}}`);
  }

  tokens(from: number, to: number): string {
    if (this.call.tool === null) return this.chunk(`{"content":"${answerText(from, to)}"}`);
    const piece = answerLength(this.argumentsLeft, to - from);
    return piece === '' ? '' : this.argumentsChunk(piece);
  }

  closing(plan: AttemptPlan): string {
    const rest = this.argumentsLeft === '' || this.call.tool === null ? '' : this.argumentsChunk(this.argumentsLeft);
    const last = `${this.startOfChunk}{}${this.endOfChunk.replace('"finish_reason":null', `"finish_reason":"${this.finishReason}"`)}`;
    const usage = this.call.includeUsage
      ? `data: ${this.head('chat.completion.chunk')},"choices":[],"usage":${JSON.stringify(usageOf(plan))}}\n\n`
      : '';
    return `${rest}${last}${usage}data: [DONE]\n\n`;
  }

  private argumentsChunk(piece: string): string {
    this.argumentsLeft = this.argumentsLeft.slice(piece.length);
    return this.chunk(`{"tool_calls":${JSON.stringify([{ index: 0, function: { arguments: piece } }])}}`);
  }

  private chunk(delta: string): string {
    return this.startOfChunk + delta + this.endOfChunk;
  }

  /** The open brace and what every object of the answer begins with. */
  private head(object: string): string {
    const model = JSON.stringify(this.call.model);
    return `{"id":"${this.id}","object":"${object}","created":${this.createdS},"model":${model},"service_tier":"default","system_fingerprint":"fp_twin"`;
  }
}

/** As much of a text as so many tokens are. */
function answerLength(text: string, tokens: number): string {
  return text.slice(0, answerText(0, tokens).length);
}
