import { expect, it } from 'vitest';
import { groupNotes } from '../../../reports/calibration/grouped-notes.ts';

const names = ['a x', 'b y', 'c', 'p.k.m: 1'];
const grouped = (notes: readonly string[], namedMax = Infinity) => groupNotes(notes, { names, namedMax });

it('says once what several share, and once for whom several things are said', () => {
  expect(
    grouped(['a x: no streams', 'the log is short', 'b y: no streams', 'a x: no load', 'b y: no load', 'c: slow']),
  ).toEqual(['a x, b y: no streams. No load', 'the log is short', 'c: slow']);
});

it('keeps apart what different ones are told', () => {
  expect(grouped(['a x: one', 'b y: two', 'a x: three', 'b y: three'])).toEqual([
    'a x: one',
    'b y: two',
    'a x, b y: three',
  ]);
});

it('knows names with colons, and takes no other beginning for a name', () => {
  expect(grouped(['p.k.m: 1: odd', 'd: e: f', 'd: e: f', 'a x: b: c'])).toEqual([
    'p.k.m: 1: odd',
    'd: e: f',
    'a x: b: c',
  ]);
});

it('counts names beyond so many', () => {
  expect(grouped(['a x: n', 'b y: n', 'c: n'], 2)).toEqual(['a x, b y and 1 more: n']);
});
