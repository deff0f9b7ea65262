import { expect, test } from 'vitest';
import { drawUniform } from '../../../src/router/keyed-draw.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { killRounds } from './kill-rounds.ts';

const pathOf = temporaryFolder();

test('a server that is killed at any time loses nothing of what it acknowledged', { timeout: 240_000 }, async () => {
  let draws = 0;
  const random = (): number => drawUniform(7, 1, (draws += 1), 0);
  // Small files and segments, so that the kill comes upon all that a live log ever does.
  const options = { spoolFileBytes: 200_000, rotateBytes: 600_000 };
  const { rounds, parity } = await killRounds(pathOf('log'), 3, options, random);
  expect(rounds.map(({ lost, doubled }) => ({ lost, doubled }))).toEqual(rounds.map(() => ({ lost: 0, doubled: 0 })));
  expect(rounds.reduce((sum, { acknowledged }) => sum + acknowledged, 0)).toBeGreaterThan(300);
  expect(rounds.some(({ recoveredRecords }) => recoveredRecords > 0)).toBe(true);
  expect(parity).toEqual({ decisions: parity.decisions, identical: parity.decisions, firstDifference: null });
});
