/**
 * The requests of the load generator, and the plan for the answer that a stream's prompt carries to the provider of the bench:
 * the gateway in between must not know it.
 */

/** How the provider answers a stream. */
export interface StreamPlan {
  /**
   * `timed`: an event every `gapMs`; `acked`: one when the client says that it has the one before; `free`: one each
   * turn of the provider's event loop, as long as the connection takes them.
   */
  readonly pace: 'timed' | 'acked' | 'free';
  /** Of the stream; unique among those that run. */
  readonly id: number;
  /** Content events, at least 1. */
  readonly events: number;
  readonly gapMs: number;
}

const PLAN = /plan:(timed|acked|free):(\d+):(\d+):(\d+);/;
/** The plan stands this far from the start of the body at most, whatever a gateway puts before it. Bytes. */
export const PLAN_WITHIN_BYTES = 400;

/** @param start of the body; null when it asks for no stream */
export function planIn(start: string): StreamPlan | null {
  const found = PLAN.exec(start);
  if (found === null) return null;
  const [, pace, id, events, gapMs] = found;
  return { pace: pace as StreamPlan['pace'], id: Number(id), events: Number(events), gapMs: Number(gapMs) };
}

/** A whole HTTP request for a chat answer. */
export function chatRequest(host: string, model: string, bodyBytes: number, plan: StreamPlan | null): Buffer {
  const marker = plan === null ? '' : `plan:${plan.pace}:${plan.id}:${plan.events}:${plan.gapMs};`;
  const stream = plan === null ? '' : '"stream":true,';
  const before = `{"model":"${model}",${stream}"temperature":0.2,"max_tokens":256,"messages":[{"role":"system","content":"${marker} You answer in one sentence."},{"role":"user","content":"`;
  const after = '"}]}';
  const text = words(Math.max(0, bodyBytes - before.length - after.length));
  const body = `${before}${text}${after}`;
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\nauthorization: Bearer bench\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function words(length: number): string {
  const phrase = 'The quick brown fox jumps over the lazy dog, and then it \\"rests\\".\\n';
  const text = phrase.repeat(Math.ceil(length / phrase.length)).slice(0, length);
  // Not to end within an escape.
  return text.replace(/\\$/, '.');
}
