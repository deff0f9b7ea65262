/** What the bench's provider says, as bytes made once. */

const MODEL = 'bench-model';
const USAGE =
  '{"prompt_tokens":230,"completion_tokens":42,"total_tokens":272,"prompt_tokens_details":{"cached_tokens":128}}';
const CONTENT = 'An answer of usual length, which says that the fox has jumped over the dog and now takes its rest. ';

const BODY = `{"id":"chatcmpl-bench0001","object":"chat.completion","created":1760000000,"model":"${MODEL}","choices":[{"index":0,"message":{"role":"assistant","content":"${CONTENT.repeat(3)}","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":${USAGE},"service_tier":"default","system_fingerprint":"fp_bench"}`;

export const WHOLE_ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
);

const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n';
const DONE = 'data: [DONE]\n\n';

function event(choices: string, usage: string): string {
  return `data: {"id":"chatcmpl-bench0001","object":"chat.completion.chunk","created":1760000000,"model":"${MODEL}","service_tier":"default","system_fingerprint":"fp_bench","choices":[${choices}],"usage":${usage}}\n\n`;
}

function delta(content: string, finishReason: string): string {
  return `{"index":0,"delta":{${content}},"logprobs":null,"finish_reason":${finishReason}}`;
}

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

const CONTENT_EVENT = event(delta('"content":" token"', 'null'), 'null');

/** Head, role and the first content. */
export const STREAM_START = Buffer.from(
  HEAD + chunk(event(delta('"role":"assistant","content":""', 'null'), 'null')) + chunk(CONTENT_EVENT),
);
/** One content event. */
export const STREAM_EVENT = Buffer.from(chunk(CONTENT_EVENT));
/** Finish reason, usage, `[DONE]` and the end. */
export const STREAM_END = Buffer.from(
  chunk(event(delta('', '"stop"'), 'null')) + chunk(event('', USAGE)) + chunk(DONE) + chunk(''),
);
