/** The kill test: a process that records under load is killed at a random time, and everything it said is safe must be there. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openLiveLog, type LiveLogOptions } from '../../../src/log/live/live-log.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../../src/log/parity.ts';

const VICTIM = fileURLToPath(new URL('./kill-victim.ts', import.meta.url));

export interface KillRound {
  /** Requests whose end was acknowledged before the kill. */
  readonly acknowledged: number;
  /** Of these, how many lack their begin, a decision, its shadow or their outcome afterwards. */
  readonly lost: number;
  /** Rows whose sequence and ordinal another row of their table has as well. */
  readonly doubled: number;
  readonly recoveredRecords: number;
  readonly tornRecords: number;
}

export interface KillResult {
  readonly rounds: readonly KillRound[];
  readonly parity: ParityResult;
}

/** What the victim is told; it takes the options of its log from it. */
export interface VictimOrders {
  readonly folder: string;
  readonly options: LiveLogOptions;
  /** Rest between two bursts of requests, ms; without one it records as fast as it can. */
  readonly pauseMs?: number;
}

/** One run of the victim, killed after so long (or by itself); gives the ids that it acknowledged. */
export function killedRun(orders: VictimOrders, afterMs: number | null): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', VICTIM, JSON.stringify(orders)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      if (text === '' && afterMs !== null) setTimeout(() => child.kill('SIGKILL'), afterMs);
      text += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      errors += part;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the victim ended with ${code ?? signal}: ${errors}`));
      // The pipe may end in the middle of a line.
      else
        resolve(
          text
            .slice(0, text.lastIndexOf('\n') + 1)
            .split('\n')
            .filter((line) => line !== '' && line !== 'ready'),
        );
    });
  });
}

/** @param random a number in [0, 1) that says when the next kill comes */
export async function killRounds(
  folder: string,
  count: number,
  options: LiveLogOptions,
  random: () => number,
): Promise<KillResult> {
  const rounds: KillRound[] = [];
  const all = new Set<string>();
  for (let round = 0; round < count; round += 1) {
    const acknowledged = await killedRun({ folder, options }, 20 + 700 * random());
    // A request with several attempts has several ends, and they may be acknowledged in several rounds.
    for (const id of acknowledged) all.add(id);
    const log = await openLiveLog(folder, options);
    const { recoveredRecords, tornRecords } = log.recovered;
    await log.close();
    // Those of earlier rounds as well: nothing may go later either.
    rounds.push({
      acknowledged: acknowledged.length,
      ...(await missing(folder, [...all])),
      recoveredRecords,
      tornRecords,
    });
  }
  const reader = await openLog(folder);
  try {
    return { rounds, parity: await verifyLog(reader) };
  } finally {
    reader.close();
  }
}

async function missing(folder: string, acknowledged: readonly string[]): Promise<{ lost: number; doubled: number }> {
  const reader = await openLog(folder);
  try {
    const begun = new Set<string>();
    const decided = new Set<string>();
    const seen = new Set<string>();
    let doubled = 0;
    const count = (key: string): void => {
      if (seen.has(key)) doubled += 1;
      seen.add(key);
    };
    for await (const input of reader.inputs()) {
      count(`i${input.sequence}`);
      if (input.kind === 'begin') begun.add(input.payload.requestId);
    }
    for await (const { request_id: id, sequence, ordinal } of reader.decisions()) {
      count(`d${sequence}/${ordinal}`);
      decided.add(id);
    }
    const shadowed = new Set<string>();
    for await (const { request_id: id, sequence, ordinal } of reader.shadows()) {
      count(`s${sequence}/${ordinal}`);
      shadowed.add(id);
    }
    const ended = new Set<string>();
    for (let from = 0; from < acknowledged.length; from += 1_000) {
      for (const { request_id: id, sequence } of await reader.outcomesOf(...acknowledged.slice(from, from + 1_000))) {
        count(`o${sequence}`);
        ended.add(id);
      }
    }
    const lost = acknowledged.filter(
      (id) => !begun.has(id) || !decided.has(id) || !shadowed.has(id) || !ended.has(id),
    ).length;
    return { lost, doubled };
  } finally {
    reader.close();
  }
}
