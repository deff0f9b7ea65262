/** Fifty thousand live requests with everything that can happen to them; the core then makes every decision again. */
import { NEEDED_EVENTS, parityRun } from '../live/proxy/parity-run.ts';
import { atMost, holds, seconds, type Proof } from './proof.ts';

const REQUESTS = 60_000;
/** Some find nobody in the moment of a restart. */
const BEGUN_MIN = 50_000;
const GAP_MS = 200;
const SPEED = 60;

export const liveParity: Proof = {
  name: 'live-parity',
  about: `${REQUESTS} live requests: outages, 429s, budgets, queues, reloads, a restart, a kill; recomputed`,
  async run(report) {
    const result = await parityRun(REQUESTS, GAP_MS, SPEED);
    const { parity, gaps, begun, ended, lost, events, verifyMs, trafficMs } = result;
    report(
      holds(
        'requests that the core took in',
        `${begun} in ${seconds(trafficMs)}`,
        `>= ${BEGUN_MIN}`,
        begun >= BEGUN_MIN,
      ),
    );
    const missing = NEEDED_EVENTS.filter((name) => (events[name] ?? 0) === 0);
    for (const [name, count] of Object.entries(events).toSorted()) {
      report(holds(name, `${count}`, 'for information', true));
    }
    report(
      holds(
        'all of it happened',
        missing.length === 0 ? 'yes' : `not: ${missing.join(', ')}`,
        'yes',
        missing.length === 0,
      ),
    );
    report(atMost(`lost of ${ended} answers`, lost, 0, String));
    report(atMost('missing or doubled inputs', gaps, 0, String));
    const { decisions, identical, firstDifference, unverified } = parity;
    const isAlike = firstDifference === null && identical === decisions && unverified === undefined;
    report(holds('parity', `${identical} of ${decisions} (${seconds(verifyMs)})`, 'all identical', isAlike));
  },
};
