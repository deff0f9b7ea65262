/** Load for the live proxy, and what its clients saw of it. */
import { memoryTrace } from '../../../datasets/memory-trace.ts';
import type { TraceSource } from '../../../datasets/trace.ts';
import type { AnswerHeaders } from '../../../simulator/traffic/sent-request.ts';
import { drawUniform, hashText } from '../../../src/router/keyed-draw.ts';
import { rowAt } from '../../simulator/replay/pool-in-small.ts';
import type { SeenEnd } from './logged-rows.ts';

/** Rows of many kinds, even in time, with short prompts so that the proxy and not the wire is at work. */
export function mixedTrace(requests: number, gapMs: number, seed: number): TraceSource {
  const rows = Array.from({ length: requests }, (_, index) => {
    const luck = (purpose: number): number => drawUniform(seed, hashText(`${index}`), purpose, 7);
    return rowAt(index * gapMs, index, {
      stream: luck(0) < 0.6,
      inputTokens: 20 + Math.floor(200 * luck(1)),
      outputTokens: 1 + Math.floor(60 * luck(2)),
      sessionId: luck(3) < 0.3 ? `session-${Math.floor(40 * luck(4))}` : null,
      declaredPriority: luck(5) < 0.1 ? 'high' : luck(5) < 0.2 ? 'low' : null,
      hasTools: luck(6) < 0.1,
      model: luck(7) < 0.01 ? 'unheard-of' : 'auto',
      clientKey: luck(8) < 0.25 ? 'batch' : 'default',
    });
  });
  return memoryTrace(rows, 'mixed');
}

export interface SeenEnds {
  readonly ends: SeenEnd[];
  /** For `runTraffic`. */
  readonly onAnswered: (status: number, headers: AnswerHeaders) => void;
}

/** Writes down every answer that a client had in full, unless the proxy refused the call before it had an id. */
export function seenEnds(): SeenEnds {
  const ends: SeenEnd[] = [];
  const text = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');
  return {
    ends,
    onAnswered(_status, headers) {
      const requestId = text(headers['x-token-pool-request-id']);
      if (requestId === '') return;
      const target = text(headers['x-token-pool-target']);
      const attempts = Number(text(headers['x-token-pool-attempts']));
      ends.push({ requestId, attempts, target: target === '' ? null : target });
    },
  };
}
