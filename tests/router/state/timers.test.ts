import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timers, type Timer } from '../../../src/router/state/timers.ts';

const move = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), atMs: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ kind: fc.constant('retire' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('take' as const), nowMs: fc.integer({ min: 0, max: 60 }) }),
  fc.record({ kind: fc.constant('reload' as const) }),
);

function timersOver(live: ReadonlySet<number>): Timers {
  return new Timers((timer) => live.has(timer.sequence));
}

describe('timers', () => {
  it('give the live ones by time, then by arrival, like a sorted list', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 400, size: 'max' }), (moves) => {
        const live = new Set<number>();
        let reference: Timer[] = [];
        let timers = timersOver(live);
        let sequence = 0;
        const drop = (gone: number): void => {
          live.delete(gone);
          reference = reference.filter((timer) => timer.sequence !== gone);
        };
        for (const each of moves) {
          if (each.kind === 'add') {
            const timer = { atMs: each.atMs, sequence: sequence++, requestId: `r${sequence}` };
            live.add(timer.sequence);
            reference = [...reference, timer].sort((a, b) => a.atMs - b.atMs || a.sequence - b.sequence);
            timers.add(timer);
          } else if (each.kind === 'retire' && reference.length > 0) {
            drop(reference[each.which % reference.length]!.sequence);
            timers.retire();
          } else if (each.kind === 'take') {
            const first = reference[0];
            const due = first !== undefined && first.atMs <= each.nowMs ? first : null;
            expect(timers.takeDue(each.nowMs)).toEqual(due);
            if (due !== null) drop(due.sequence);
          } else if (each.kind === 'reload') {
            expect(timers.save()).toEqual(reference);
            timers = timersOver(live);
            timers.load(reference);
          }
          expect(timers.nextAtMs).toBe(reference[0]?.atMs ?? Infinity);
          expect(timers.size).toBeLessThanOrEqual(2 * reference.length + 66);
        }
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it('do not keep the timers of waits that ended early', () => {
    const live = new Set<number>();
    const timers = timersOver(live);
    timers.add({ atMs: 0, sequence: -1, requestId: 'first' });
    live.add(-1);
    for (let sequence = 0; sequence < 100_000; sequence++) {
      live.add(sequence);
      timers.add({ atMs: 30_000 + sequence, sequence, requestId: 'r' });
      live.delete(sequence);
      timers.retire();
    }
    expect(timers.size).toBeLessThan(200);
  });
});
