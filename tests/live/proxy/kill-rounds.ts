/** The kill test: a served proxy is killed under load, again and again, and nothing that a client saw end may be lost. */
import { openLog } from '../../../src/log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../../src/log/parity.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { until } from './until.ts';
import { endsWithoutRows, readLogged, type SeenEnd } from './logged-rows.ts';
import { mixedLoad, PATIENT_POLICY } from './live-traffic.ts';
import { startBeforeTwins } from './running-proxy.ts';

export interface KillRound {
  /** Answers that clients had in full when the proxy was killed. */
  readonly ended: number;
  /** Of all answers up to this round, those that lack a row right after the kill. */
  readonly lost: number;
  readonly killedAfterAnswers: number;
}

export interface KillResult {
  readonly rounds: readonly KillRound[];
  /** After a last, proper life: answers of all rounds that lack a row. */
  readonly lost: number;
  readonly ended: number;
  readonly parity: ParityResult;
  /** Sequences that are missing or doubled among the inputs. */
  readonly gaps: number;
  /** Requests that a kill had cut off, ended by the next life. */
  readonly cancelledByStart: number;
}

const SPEED = 100;
/** Scenario ms between requests: five hundred a second on the wall, which is about what the pool carries. */
const GAP_MS = 200;
const REQUESTS = 1_500;

/**
 * @param answersMax a kill comes after so many answers at the latest
 * @param random a number in [0, 1) that says when the next kill comes
 */
export async function killRounds(
  count: number,
  answersMax: number,
  random: () => number,
  onRound: (round: KillRound) => void = () => undefined,
): Promise<KillResult> {
  const { scenario } = loadScenario('provider-outage');
  const live = await startBeforeTwins(scenario, {
    speed: SPEED,
    // Small segments, so that the kill comes upon their closing too.
    log: { rotateMebibytes: 1 },
    policy: { ...PATIENT_POLICY, explorationRate: 0.05 },
    isServed: true,
    logLevel: 'error',
  });
  try {
    const all: SeenEnd[] = [];
    const rounds: KillRound[] = [];
    for (let round = 0; round < count; round++) {
      if (round > 0) await live.serve();
      const ends: SeenEnd[] = [];
      const killedAfterAnswers = 1 + Math.floor(random() * answersMax);
      const load = mixedLoad({ url: live.url, requests: REQUESTS, gapMs: GAP_MS, speed: SPEED, seed: round }, ends);
      await until(() => ends.length >= killedAfterAnswers, 'answers enough to kill', 120_000);
      await new Promise((resolve) => setTimeout(resolve, 10 * random()));
      await live.served.end('SIGKILL');
      await load.end();
      all.push(...ends);
      const lost = endsWithoutRows(await readLogged(live.logFolder, { verifies: false }), all).length;
      rounds.push({ ended: ends.length, lost, killedAfterAnswers });
      onRound(rounds.at(-1)!);
    }
    await live.restart();
    await live.close();
    const logged = await readLogged(live.logFolder, { verifies: false });
    const sequences = logged.inputs.map(({ sequence }) => sequence);
    return {
      rounds,
      ended: all.length,
      lost: endsWithoutRows(logged, all).length,
      parity: await verify(live.logFolder),
      gaps: sequences.filter((sequence, index) => sequence !== index).length,
      cancelledByStart: logged.outcomes.filter(({ error_code: code }) => code === 'restart').length,
    };
  } finally {
    await live.stop();
  }
}

async function verify(folder: string): Promise<ParityResult> {
  const reader = await openLog(folder);
  try {
    return await verifyLog(reader);
  } finally {
    reader.close();
  }
}
