/** The served proxy under kill -9: no answer that a client saw end is lost. */
import { drawUniform } from '../../src/router/keyed-draw.ts';
import { killRounds } from '../live/proxy/kill-rounds.ts';
import { atMost, holds, type Proof } from './proof.ts';

const ROUNDS = 20;
const ANSWERS_MAX = 600;

export const kill: Proof = {
  name: 'kill',
  about: `${ROUNDS} rounds of kill -9 of the live proxy under load`,
  async run(report) {
    let draws = 0;
    const random = (): number => drawUniform(20, 27, (draws += 1), 0);
    const result = await killRounds(ROUNDS, ANSWERS_MAX, random, ({ ended, lost, killedAfterAnswers }) => {
      process.stdout.write(
        `        killed after ${killedAfterAnswers} answers: ${lost} of ${ended} and all before lost\n`,
      );
    });
    const { rounds, ended, lost, gaps, parity, cancelledByStart } = result;
    const lostAtOnce = Math.max(...rounds.map((round) => round.lost));
    report(atMost(`lost of ${ended} answers, looked for right after each kill`, lostAtOnce, 0, String));
    report(atMost(`lost of ${ended} answers in the end`, lost, 0, String));
    report(atMost('missing or doubled inputs', gaps, 0, String));
    report(
      holds(
        'requests that a kill cut off',
        `${cancelledByStart}`,
        '> 0, ended by the next start',
        cancelledByStart > 0,
      ),
    );
    const { decisions, identical, firstDifference, unverified } = parity;
    const isAlike = firstDifference === null && identical === decisions && unverified === undefined;
    report(holds('parity over all lives', `${identical} of ${decisions}`, 'all identical', isAlike));
  },
};
