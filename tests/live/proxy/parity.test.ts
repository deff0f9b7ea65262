import { expect, it } from 'vitest';
import { NEEDED_EVENTS, parityRun } from './parity-run.ts';

it('every decision of an eventful life comes out the same again', { timeout: 240_000 }, async () => {
  const { parity, gaps, begun, lost, events } = await parityRun(1_500, 200, 50);
  expect(parity).toEqual({ decisions: parity.decisions, identical: parity.decisions, firstDifference: null });
  expect({ gaps, lost }).toEqual({ gaps: 0, lost: 0 });
  expect(begun).toBeGreaterThan(1_000);
  expect(NEEDED_EVENTS.filter((name) => (events[name] ?? 0) === 0)).toEqual([]);
  expect(events['configure restored']).toBe(2);
});
