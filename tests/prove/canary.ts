/** Promotions on a live proxy under load: bad candidates come back, good ones arrive, and no request pays for either. */
import { parsePolicy, policyHash } from '../../src/config/load-policy.ts';
import { openLog } from '../../src/log/log-reader.ts';
import { verifyLog } from '../../src/log/parity.ts';
import type { LogReader } from '../../src/log/log-reader.ts';
import type { Promotion } from '../../src/policies/promotion.ts';
import {
  BAD,
  GOOD,
  IN_FORCE,
  startPromotionTrial,
  trialLoad,
  type PromotionTrial,
} from '../live/proxy/promotion-trial.ts';
import { atMost, holds, type Proof } from './proof.ts';

const RUNS = 20;
const GOOD_MIN = 18;
const PER_SECOND = 60;
/** Of the proxy's time: ten seconds on the wall. */
const PLAN = { shadowForMs: 10_000, canaryForMs: 100_000 };

export const canary: Proof = {
  name: 'canary',
  about: `${RUNS} bad and ${RUNS} good candidates behind a canary of a loaded proxy`,
  async run(report) {
    const trial = await startPromotionTrial(true);
    try {
      const load = trialLoad(trial.url, PER_SECOND);
      await load.answered(ANSWERS_BEFORE);
      const bad = await runsOf(trial, BAD, 'rolled back');
      const good = await runsOf(trial, GOOD, 'active');
      const { sent, errors, heldBack } = await load.end();
      await trial.close();
      const caught = bad.filter(({ transitions }) => transitions.at(-1)!.why.startsWith('a guard is broken'));
      const inWindow = caught.filter((each) => guardTimeMs(each) <= PLAN.canaryForMs);
      report(
        holds(
          'bad candidates rolled back by a guard',
          `${caught.length} of ${RUNS}`,
          `${RUNS}`,
          caught.length === RUNS,
        ),
      );
      report(holds('of them within the window', `${inWindow.length} of ${RUNS}`, `${RUNS}`, inWindow.length === RUNS));
      report(
        holds(
          'the slowest of them',
          `${Math.round(Math.max(...caught.map(guardTimeMs)) / 1_000)} s of the window's ${PLAN.canaryForMs / 1_000}`,
          'for information',
          true,
        ),
      );
      const passed = good.filter(({ stage }) => stage === 'active');
      report(
        holds(
          'good candidates that arrived',
          `${passed.length} of ${RUNS}`,
          `>= ${GOOD_MIN}`,
          passed.length >= GOOD_MIN,
        ),
      );
      // Answers that came, whatever they say, are not lost; those that the end of the load cut off are not the proxy's.
      const lost = Object.entries(errors).filter(([name]) => !/^\d{3}\b/.test(name) && !LEFT_BY_LOAD.includes(name));
      report(holds('requests sent', `${sent}`, 'for information', heldBack === 0));
      report(
        atMost(
          'requests without an answer',
          lost.reduce((sum, [, count]) => sum + count, 0),
          0,
          String,
        ),
      );
      await judgeLog(trial.logFolder, report);
    } finally {
      await trial.stop();
    }
  },
};

const ANSWERS_BEFORE = 300;

/** How a request ends that the load gave up itself as it ended. */
const LEFT_BY_LOAD: readonly string[] = ['unfinished'];

async function runsOf(
  trial: PromotionTrial,
  candidates: Readonly<Record<string, object>>,
  wanted: string,
): Promise<Promotion[]> {
  const names = Object.keys(candidates);
  const ended: Promotion[] = [];
  for (let run = 0; run < RUNS; run++) {
    const name = names[run % names.length]!;
    const [status, body] = await trial.promote(name, candidates[name]!, { plan: PLAN });
    if (status !== 200) throw new Error(`promote ${name}: ${status} ${JSON.stringify(body)}`);
    const { promotion } = body as { promotion: Promotion };
    const end = await trial.until(promotion.id, 'active', 120_000);
    ended.push(end);
    process.stdout.write(`        ${name}, to be ${wanted}: ${end.stage}: ${end.transitions.at(-1)!.why}\n`);
    if (end.stage === 'active') await trial.admin('POST', 'policies/rollback', { who: 'prove', why: 'the next one' });
  }
  return ended;
}

/** From the canary's beginning to its end. */
function guardTimeMs({ transitions }: Promotion): number {
  const began = transitions.find(({ to }) => to === 'canary')?.atMs ?? NaN;
  return (transitions.at(-1)?.atMs ?? NaN) - began;
}

/** Every request has its rows and its end, and every decision was made by one of the policies in force, again and again. */
async function judgeLog(folder: string, report: Parameters<Proof['run']>[0]): Promise<void> {
  const reader = await openLog(folder);
  try {
    const { open, strangers, decisions } = await followLog(reader);
    report(atMost('requests without an end in the log', open, 0, String));
    report(atMost(`of ${decisions} decisions, by no policy in force then`, strangers, 0, String));
    const parity = await verifyLog(reader);
    const isAlike = parity.firstDifference === null && parity.identical === parity.decisions;
    report(holds('parity', `${parity.identical} of ${parity.decisions}`, 'all identical', isAlike));
  } finally {
    reader.close();
  }
}

async function followLog(reader: LogReader) {
  /** Hashes in force from a sequence on. */
  const inForce: { readonly sequence: number; readonly hashes: readonly string[] }[] = [];
  /** Sequence of the latest input that ended an attempt of a request, or of its beginning. */
  const heard = new Map<string, { sequence: number; hasEnded: boolean }>();
  for await (const { sequence, kind, payload } of reader.inputs()) {
    if (kind === 'begin') heard.set(payload.requestId, { sequence, hasEnded: false });
    if (kind === 'observe') heard.set(payload.requestId, { sequence, hasEnded: true });
    if (kind !== 'configure') continue;
    const { policyHash: main, canary: other = null } = payload;
    inForce.push({ sequence, hashes: [main, ...(other === null ? [] : [other.policyHash])] });
  }
  const policies = [IN_FORCE, ...Object.values(GOOD), ...Object.values(BAD)];
  const known = new Set(policies.map((policy) => policyHash(parsePolicy('policy', policy))));
  let place = 0;
  let decisions = 0;
  let strangers = 0;
  for await (const { sequence, policy_hash: hash, request_id: id, chosen_target: target } of reader.decisions()) {
    decisions++;
    // Something was decided after the last that was heard: it is under way, or over if nothing could be chosen.
    if (sequence >= heard.get(id)!.sequence) heard.set(id, { sequence, hasEnded: target === null });
    while (place + 1 < inForce.length && inForce[place + 1]!.sequence < sequence) place++;
    if (!known.has(hash) || !inForce[place]!.hashes.includes(hash)) strangers++;
  }
  const open = [...heard.values()].filter(({ hasEnded }) => !hasEnded).length;
  return { open, strangers, decisions };
}
