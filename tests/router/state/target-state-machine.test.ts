import { describe, expect, it } from 'vitest';
import { TARGET_STATES } from '../../../src/router/index.ts';
import {
  HEALTH_EVENTS,
  nextTargetState,
  STATE_CODE,
  TRANSITIONS,
} from '../../../src/router/state/target-state-machine.ts';

const legal = TARGET_STATES.flatMap((state) =>
  HEALTH_EVENTS.filter((event) => TRANSITIONS[state][event] !== undefined).map((event) => [state, event] as const),
);
const illegal = TARGET_STATES.flatMap((state) =>
  HEALTH_EVENTS.filter((event) => TRANSITIONS[state][event] === undefined).map((event) => [state, event] as const),
);

describe('the state machine of a target', () => {
  it('has 23 legal and 37 illegal moves', () => {
    expect([legal.length, illegal.length]).toEqual([23, 37]);
  });

  it.each(legal)('moves from %s on %s', (state, event) => {
    expect(nextTargetState(state, event)).toBe(TRANSITIONS[state][event]);
  });

  it.each(illegal)('throws when a target that is %s is given %s', (state, event) => {
    expect(() => nextTargetState(state, event)).toThrow(`a target that is ${state} cannot take the event ${event}`);
  });

  it('lets nothing but an order end a disabled target', () => {
    expect(TRANSITIONS.disabled).toEqual({ enable: 'healthy' });
  });

  it('can be disabled and expelled from wherever it is active', () => {
    for (const state of TARGET_STATES.filter((each) => each !== 'disabled')) {
      expect(TRANSITIONS[state].disable).toBe('disabled');
      expect(TRANSITIONS[state].expel).toBe('cooldown');
    }
  });

  it('numbers the states in the order of the contract', () => {
    expect(TARGET_STATES.map((state) => STATE_CODE[state])).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
