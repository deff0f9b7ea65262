import { describe, expect, it } from 'vitest';
import type { Priority } from '../../../src/router/pool.ts';
import type { PendingRequest } from '../../../src/router/state/pending-request.ts';
import { WaitingLine } from '../../../src/router/state/waiting-line.ts';
import { requestOf } from '../small-pool.ts';

/** A request as far as a waiting line looks at it. */
function waitingRequest(requestId: string, priority: Priority): PendingRequest {
  return { request: requestOf(requestId), priority, phase: 'queued', attempts: 0 } as PendingRequest;
}

function leave(line: WaitingLine, pending: PendingRequest): void {
  line.left(pending);
  pending.phase = 'sent';
}

describe('a waiting line', () => {
  it('serves high before normal before low, first come first served within one', () => {
    const line = new WaitingLine();
    for (const [id, priority] of [
      ['a', 'low'],
      ['b', 'normal'],
      ['c', 'high'],
      ['d', 'normal'],
      ['e', 'high'],
    ] as const) {
      line.push(waitingRequest(id, priority));
    }
    const served: string[] = [];
    for (let next = line.peek(); next !== null; next = line.peek()) {
      served.push(next.request.requestId);
      leave(line, next);
    }
    expect(served).toEqual(['c', 'e', 'b', 'd', 'a']);
    expect(line.size).toBe(0);
  });

  it('skips those who left from the middle', () => {
    const line = new WaitingLine();
    const all = ['a', 'b', 'c', 'd'].map((id) => waitingRequest(id, 'normal'));
    for (const each of all) line.push(each);
    leave(line, all[1]!);
    leave(line, all[0]!);
    expect(line.inOrder().map((each) => each.request.requestId)).toEqual(['c', 'd']);
    expect(line.save()).toEqual(['c', 'd']);
    expect(line.size).toBe(2);
  });

  it('gives a request that comes back one new place at the end, not its old one too', () => {
    const line = new WaitingLine();
    const [first, second, third] = ['a', 'b', 'c'].map((id) => waitingRequest(id, 'normal'));
    for (const each of [first!, second!, third!]) line.push(each);
    leave(line, second!);
    second!.attempts = 1;
    second!.phase = 'queued';
    line.push(second!);
    expect(line.inOrder().map((each) => each.request.requestId)).toEqual(['a', 'c', 'b']);
    expect(line.save()).toEqual(['a', 'c', 'b']);
    expect(line.size).toBe(3);
  });

  it('stays small behind a first one that never leaves', () => {
    const line = new WaitingLine();
    line.push(waitingRequest('stuck', 'normal'));
    for (let index = 0; index < 50_000; index++) {
      const passing = waitingRequest(`p${index}`, 'normal');
      line.push(passing);
      leave(line, passing);
      if (line.peek()?.request.requestId !== 'stuck') throw new Error('the first one was passed over');
    }
    const { places } = (line as unknown as { fifos: { normal: { places: unknown[] } } }).fifos.normal;
    expect(places.length).toBeLessThan(100);
  });
});
