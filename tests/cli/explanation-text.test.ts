import { describe, expect, test } from 'vitest';
import { explanationText } from '../../src/cli/explanation-text.ts';
import { createDecisionRows } from '../../src/log/decision-row.ts';
import { outcomeRow } from '../../src/log/outcome-row.ts';
import type { DecisionRow } from '../../src/log/schema.ts';
import { SELECTION_MODES } from '../../src/router/index.ts';
import {
  CONFIGURE,
  sampleDecision,
  sampleOutcome,
  sampleReject,
  sampleRequest,
  sampleSend,
} from '../log/sample-rows.ts';

type Command = Parameters<ReturnType<typeof createDecisionRows>['build']>[2][number];

function decisionOf(command: Command): DecisionRow {
  const rows = createDecisionRows();
  rows.note({ sequence: 0, atMs: 0, kind: 'configure', payload: CONFIGURE });
  rows.note({ sequence: 1, atMs: 0, kind: 'begin', payload: sampleRequest('r') });
  const [row] = rows.build(1, 1500, [command]);
  if (row === undefined) throw new Error('the command gives no row');
  return row;
}

function textOf(decision: DecisionRow): string {
  return explanationText({
    requestId: 'r',
    beganAtMs: 1500,
    decisions: [{ decision, outcome: null }],
    leftWaiting: null,
  });
}

describe('the choice in words', () => {
  test.each(SELECTION_MODES)('%s', (mode) => {
    const decision = sampleDecision({ mode, eligible: 3, draw: 0.25, propensity: 0.4 });
    const text = textOf(decisionOf(sampleSend('r', 1, decision)));
    expect(text).toContain('Its chance of being chosen was 40.00 %.');
    // Only these three are decided by a draw; for the others it is 0 and would say nothing.
    const isDrawn = mode === 'weighted' || mode === 'random' || mode === 'power-of-two';
    expect(text.includes('draw 0.2500')).toBe(isDrawn);
  });

  test('exploration, a single candidate, none at all', () => {
    const explored = sampleDecision({ mode: 'ranked', explored: true, draw: 0.75, eligible: 2 });
    expect(textOf(decisionOf(sampleSend('r', 1, explored)))).toContain('The exploration draw 0.7500 fell on it.');
    expect(textOf(decisionOf(sampleSend('r', 1, sampleDecision({ eligible: 1 }))))).toContain('the only eligible');
    const none = sampleDecision({ target: null, eligible: 0 });
    const rejected = textOf(decisionOf(sampleReject('r', { code: 'NO_AVAILABLE_PROVIDER', decision: none })));
    expect(rejected).toContain('Attempt 1 -> no target (NO_AVAILABLE_PROVIDER)');
    expect(rejected).not.toContain('Outcome');
  });
});

test.each([
  ['main', 'the main policy'],
  ['canary', "the canary's policy"],
] as const)('whose policy decided is said where there was a canary: %s', (arm, words) => {
  const decision = decisionOf(sampleSend('r', 1));
  const story = { requestId: 'r', beganAtMs: 1500, leftWaiting: null };
  const text = explanationText({ ...story, decisions: [{ decision, outcome: null, arm }] });
  expect(text).toContain(`  decided by ${words} (c0ffee)\n`);
  expect(textOf(decision)).not.toContain('decided by');
});

test('an outcome says status, times, tokens and money', () => {
  const outcome = outcomeRow(2, 1, sampleOutcome('r', 1, { retryAfterMs: 3000, errorCode: 'overloaded' }), 't');
  const decision = decisionOf(sampleSend('r', 1));
  const text = explanationText({
    requestId: 'r',
    beganAtMs: null,
    decisions: [{ decision, outcome }],
    leftWaiting: outcome,
  });
  expect(text).toContain(
    'Outcome: success, status 200, overloaded, first token after 312.3 ms, 900.5 ms in all, ' +
      '1200 tokens in (512 from the cache), 80 out, 1.234567 USD, retry after 3000 ms.',
  );
  expect(text).toContain('The client left at 0.001 s');
});

test('simulated time counts from the start, live time is a date', () => {
  const at = (beganAtMs: number): string =>
    explanationText({ requestId: 'r', beganAtMs, decisions: [], leftWaiting: null });
  expect(at(61_250)).toContain('began at 61.250 s');
  expect(at(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toContain('began at 2026-01-02T03:04:05.006Z');
});
