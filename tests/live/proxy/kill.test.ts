import { expect, it } from 'vitest';
import { drawUniform } from '../../../src/router/keyed-draw.ts';
import { killRounds } from './kill-rounds.ts';

it('a proxy that is killed under load loses no answer that a client saw end', { timeout: 240_000 }, async () => {
  let draws = 0;
  const random = (): number => drawUniform(11, 22, (draws += 1), 0);
  const { rounds, ended, lost, gaps, parity } = await killRounds(3, 150, random);
  expect({ lost, lostInRounds: rounds.map((round) => round.lost), gaps }).toEqual({
    lost: 0,
    lostInRounds: [0, 0, 0],
    gaps: 0,
  });
  expect(parity).toEqual({ decisions: parity.decisions, identical: parity.decisions, firstDifference: null });
  expect(ended).toBeGreaterThan(50);
  expect(rounds.every((round) => round.ended > 0)).toBe(true);
  process.stdout.write(`${rounds.length} kills: ${lost} of ${ended} answers lost\n`);
});
