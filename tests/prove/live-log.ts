/** The live log under kill -9 and under crashes while it rotates, and a million records through it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROTATION_STEPS } from '../../src/log/live/owner/rotate.ts';
import { drawUniform } from '../../src/router/keyed-draw.ts';
import { killRounds } from '../log/live/kill-rounds.ts';
import { crashWhileRotating } from '../log/live/rotation-crash.ts';
import { sustain } from '../log/live/sustain.ts';
import { atMost, holds, mebibytes, seconds, type Check, type Proof } from './proof.ts';

const ROUNDS = 20;
const RECORDS = 1_000_000;

export const liveLog: Proof = {
  name: 'live-log',
  about: `${ROUNDS} rounds of kill -9, a crash after each step of a rotation, and ${RECORDS} records in flat memory`,
  async run(report) {
    const folder = mkdtempSync(join(tmpdir(), 'tokenpool-prove-'));
    try {
      await kills(join(folder, 'kills'), report);
      await crashes(folder, report);
      await records(join(folder, 'records'), report);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function kills(folder: string, report: (check: Check) => void): Promise<void> {
  let draws = 0;
  const random = (): number => drawUniform(20, 26, (draws += 1), 0);
  const options = { spoolFileBytes: 1_000_000, rotateBytes: 3_000_000 };
  const { rounds, parity } = await killRounds(folder, ROUNDS, options, random);
  const sum = (of: (round: (typeof rounds)[number]) => number): number =>
    rounds.reduce((all, round) => all + of(round), 0);
  const acknowledged = sum((round) => round.acknowledged);
  const torn = sum((round) => round.tornRecords);
  report(
    atMost(
      `lost of ${acknowledged} acknowledged requests`,
      sum((round) => round.lost),
      0,
      String,
    ),
  );
  report(
    atMost(
      `doubled rows (${torn} torn records dropped)`,
      sum((round) => round.doubled),
      0,
      String,
    ),
  );
  const isAlike =
    parity.firstDifference === null && parity.identical === parity.decisions && parity.unverified === undefined;
  report(holds('parity over all lives', `${parity.identical} of ${parity.decisions}`, 'all identical', isAlike));
}

async function crashes(folder: string, report: (check: Check) => void): Promise<void> {
  for (const step of ROTATION_STEPS) {
    const crashed = await crashWhileRotating(join(folder, step), step, 0);
    const { inputs, requests, requestsWithOutcome, doubledOutcomes, parity, named, found } = crashed;
    const isWhole =
      crashed.isInOrder && crashed.isKept && requestsWithOutcome === requests && doubledOutcomes === 0 && requests > 0;
    const isTidy = named.length === found.length && named.every((path, index) => path === found[index]);
    const isAlike = parity.firstDifference === null && parity.identical === parity.decisions;
    report(
      holds(
        `a crash after the step ${step}`,
        `${requestsWithOutcome} of ${requests} requests, ${inputs} inputs, ${parity.identical} of ${parity.decisions} decisions`,
        'all there, once, identical',
        isWhole && isTidy && isAlike,
      ),
    );
  }
}

async function records(folder: string, report: (check: Check) => void): Promise<void> {
  const run = await sustain(folder, RECORDS);
  const isWhole = run.rows === run.records && run.droppedRecords === 0;
  report(holds('rows in the closed log', `${run.rows} of ${run.records} (${seconds(run.wallMs)})`, 'all', isWhole));
  report(holds('recording thread', `${run.recordUs.toFixed(1)} us a request`, 'for information', true));
  report(atMost('highest resident set', run.rssMax, 600 * 2 ** 20, mebibytes));
  report(atMost('of which grown in the last three quarters', run.rssMax - run.rssMaxAtQuarter, 2 ** 27, mebibytes));
}
