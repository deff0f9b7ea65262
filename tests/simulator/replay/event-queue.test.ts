import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT, EventQueue, type EventKind } from '../../../simulator/replay/event-queue.ts';

interface Event {
  readonly timeMs: number;
  readonly kind: EventKind;
  readonly sequence: number;
}

/** Few different times, so that most events have equals. */
const events = fc.uniqueArray(
  fc.record({
    timeMs: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 1e9, noNaN: true })),
    kind: fc.constantFrom(...Object.values(EVENT)),
    sequence: fc.integer({ min: 0, max: 20 }),
  }),
  { selector: ({ timeMs, kind, sequence }) => `${timeMs} ${kind} ${sequence}`, maxLength: 200 },
);

function byOrder(a: Event, b: Event): number {
  return a.timeMs - b.timeMs || a.kind - b.kind || a.sequence - b.sequence;
}

function pushed(list: readonly Event[]): EventQueue {
  const queue = new EventQueue();
  list.forEach(({ timeMs, kind, sequence }, slot) => queue.push(timeMs, kind, sequence, slot));
  return queue;
}

function takeAll(queue: EventQueue): Event[] {
  const taken: Event[] = [];
  while (queue.size > 0) {
    taken.push({ timeMs: queue.timeMs, kind: queue.kind, sequence: queue.sequence });
    queue.pop();
  }
  return taken;
}

describe('the event queue', () => {
  test('gives events out as a sorted array would, however they went in', () => {
    fc.assert(
      fc.property(
        events.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          const sorted = list.toSorted(byOrder);
          expect(takeAll(pushed(list))).toEqual(sorted);
          expect(takeAll(pushed(shuffled))).toEqual(sorted);
        },
      ),
    );
  });

  test('keeps that order while events come and go, and gives each its own slot', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(events, fc.nat({ max: 30 })), { maxLength: 12 }), (steps) => {
        const queue = new EventQueue();
        const model: (Event & { readonly slot: number })[] = [];
        let slots = 0;
        for (const step of steps) {
          if (typeof step === 'number') {
            for (let count = Math.min(step, model.length); count > 0; count--) {
              const first = model.shift()!;
              expect(byOrder(queue, first)).toBe(0);
              if (!model.some((other) => byOrder(other, first) === 0)) expect(queue.slot).toBe(first.slot);
              queue.pop();
            }
          } else {
            for (const event of step) {
              if (model.some((other) => byOrder(other, event) === 0)) continue;
              queue.push(event.timeMs, event.kind, event.sequence, slots);
              model.push({ ...event, slot: slots++ });
            }
            model.sort(byOrder);
          }
          expect(queue.size).toBe(model.length);
        }
      }),
    );
  });

  test('grows beyond its first arrays', () => {
    const list = Array.from({ length: 5_000 }, (_, index): Event => ({
      timeMs: (index * 7_919) % 1_000,
      kind: EVENT.end,
      sequence: (index * 104_729) % 5_000,
    }));
    expect(takeAll(pushed(list))).toEqual(list.toSorted(byOrder));
  });

  test('lets what ends make room for what begins at the same time, and patience end last', () => {
    const kinds = takeAll(
      pushed([
        { timeMs: 5, kind: EVENT.leave, sequence: 0 },
        { timeMs: 5, kind: EVENT.arrival, sequence: 1 },
        { timeMs: 5, kind: EVENT.end, sequence: 9 },
        { timeMs: 5, kind: EVENT.wake, sequence: 2 },
      ]),
    ).map(({ kind }) => kind);
    expect(kinds).toEqual([EVENT.end, EVENT.wake, EVENT.arrival, EVENT.leave]);
  });
});
