import { expect, test } from 'vitest';
import { createDecisionRows } from '../../src/log/decision-row.ts';
import { decisionDifference } from '../../src/log/row-difference.ts';
import type { CandidateRow, DecisionRow } from '../../src/log/schema.ts';
import { CONFIGURE, sampleRequest, sampleSend } from './sample-rows.ts';

function sampleRow(): DecisionRow {
  const rows = createDecisionRows();
  rows.note({ sequence: 0, atMs: 0, kind: 'configure', payload: CONFIGURE });
  rows.note({ sequence: 1, atMs: 0, kind: 'begin', payload: sampleRequest('r') });
  const [row] = rows.build(1, 0, [sampleSend('r', 1)]);
  if (row === undefined) throw new Error('a send gives a row');
  return row;
}

const ROW = sampleRow();
const [FIRST, SECOND] = ROW.candidates as readonly [CandidateRow, CandidateRow];

test('equal rows do not differ, and NaN equals itself', () => {
  expect(decisionDifference(sampleRow(), sampleRow())).toBeNull();
  expect(decisionDifference({ ...ROW, draw: NaN }, { ...ROW, draw: NaN })).toBeNull();
});

// Every column but the list of candidates, which is looked into below.
const COLUMNS = (Object.keys(ROW) as (keyof DecisionRow)[]).filter((column) => column !== 'candidates');

test.each(COLUMNS)('a change of %s is found', (column) => {
  const logged = { ...ROW, [column]: 'something else' };
  expect(decisionDifference(logged, ROW)).toEqual({ column, logged: 'something else', recomputed: ROW[column] });
});

test('numbers that JSON would spoil are shown as text', () => {
  expect(decisionDifference({ ...ROW, queued_ms: -0 }, ROW)).toMatchObject({ logged: '-0', recomputed: 0 });
  expect(decisionDifference({ ...ROW, draw: NaN }, ROW)).toMatchObject({ logged: 'NaN' });
  expect(decisionDifference({ ...ROW, draw: -Infinity }, ROW)).toMatchObject({ logged: '-Infinity' });
});

test.each<[string, (CandidateRow | null)[], string]>([
  ['a target', [FIRST, { ...SECOND, target: 'x' }], 'candidates[1].target'],
  ['a state', [{ ...FIRST, state: 'degraded' }, SECOND], 'candidates[0].state'],
  ['a rejection', [FIRST, { ...SECOND, rejection: null }], 'candidates[1].rejection'],
  ['one bit of a weight', [{ ...FIRST, weight: FIRST.weight + 2 ** -54 }, SECOND], 'candidates[0].weight'],
  ['a term', [FIRST, { ...SECOND, terms: { ...SECOND.terms, load: 0.26 } }], 'candidates[1].terms.load'],
  ['all terms', [FIRST, { ...SECOND, terms: null as unknown as CandidateRow['terms'] }], 'candidates[1].terms.success'],
  ['a candidate that is NULL', [null, SECOND], 'candidates[0].target'],
  ['one candidate less', [FIRST], 'candidates.length'],
  ['one candidate more', [FIRST, SECOND, SECOND], 'candidates.length'],
])('%s of the candidates is found', (_, candidates, column) => {
  const logged = { ...ROW, candidates: candidates as CandidateRow[] };
  expect(decisionDifference(logged, ROW)?.column).toBe(column);
});
