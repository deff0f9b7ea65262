/** The kill test: a served proxy is killed under load, again and again, and nothing that a client saw end may be lost. */
import { runTraffic } from '../../../simulator/traffic/run-traffic.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../../src/log/parity.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { until } from '../upstream/recorded-attempt.ts';
import { endsWithoutRows, readLogged, type SeenEnd } from './logged-rows.ts';
import { mixedTrace, seenEnds } from './live-traffic.ts';
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
/** A kill comes after so many answers at the latest. */
const ANSWERS_MAX = 600;

/** @param random a number in [0, 1) that says when the next kill comes */
export async function killRounds(
  count: number,
  random: () => number,
  onRound: (round: KillRound) => void = () => undefined,
): Promise<KillResult> {
  const { scenario } = loadScenario('provider-outage');
  const live = await startBeforeTwins(scenario, {
    speed: SPEED,
    // Small segments, so that the kill comes upon their closing too.
    log: { rotateMebibytes: 1 },
    policy: { explorationRate: 0.05 },
    isServed: true,
    logLevel: 'error',
  });
  try {
    const all: SeenEnd[] = [];
    const rounds: KillRound[] = [];
    for (let round = 0; round < count; round++) {
      if (round > 0) await live.serve();
      const { ends, onAnswered } = seenEnds();
      const killedAfterAnswers = 1 + Math.floor(random() * ANSWERS_MAX);
      const controller = new AbortController();
      const traffic = runTraffic({
        trace: mixedTrace(REQUESTS, GAP_MS, round),
        url: `${live.url}/v1`,
        speed: SPEED,
        concurrencyMax: 256,
        // Some clients lose patience, on a busy machine many.
        clients: { firstTokenTimeoutMs: 60_000, totalTimeoutMs: 200_000 },
        signal: controller.signal,
        onAnswered,
      });
      await Promise.race([traffic, until(() => ends.length >= killedAfterAnswers, 'answers enough to kill', 30_000)]);
      await new Promise((resolve) => setTimeout(resolve, 10 * random()));
      await live.served.end('SIGKILL');
      controller.abort();
      await traffic;
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
      cancelledByStart: logged.outcomes.filter(({ kind, target }) => kind === 'cancelled' && target === null).length,
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
