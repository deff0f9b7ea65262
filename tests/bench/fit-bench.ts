/**
 * Speed and memory of learning from a long log: `calibrate` beside the mere reading of its attempts, `estimate` beside
 * `verify`, which replays the same inputs. Each in a process of its own, so that its memory is its own.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { openAttemptLog } from '../../src/log/logged-attempts.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const POLL_MS = 200;
const REQUESTS_PER_HOUR = 5_000;

export interface FitFigures {
  readonly requests: number;
  readonly attempts: number;
  /** Attempts read, fitted twice and judged twice, per second; the whole command. */
  readonly calibratedAttemptsPerSecond: number;
  /** The floor: the same query, its rows thrown away. */
  readonly readAttemptsPerSecond: number;
  readonly calibrateToReading: number;
  readonly calibrateResidentMiB: number;
  /** Requests of the log by the time of the whole command. */
  readonly estimatedRequestsPerSecond: number;
  readonly verifiedRequestsPerSecond: number;
  readonly estimateToVerify: number;
  readonly estimateResidentMiB: number;
}

/** @param requests of the log, for example a million */
export async function measureFit(requests: number, say: (text: string) => void): Promise<FitFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'tokenpool-fit-bench-'));
  const path = (name: string): string => join(folder, name);
  try {
    await writeFile(path('policy.yaml'), 'mode: weighted\nexplorationRate: 0.05\n');
    say(`fit: writing a log of ${requests} requests`);
    const hours = String(Math.ceil(requests / REQUESTS_PER_HOUR));
    await run(['generate', '--out', path('t.parquet'), '--requests', String(requests), '--hours', hours]);
    const log = path('run.duckdb');
    await run(['simulate', path('t.parquet'), '--scenario', 'calm-day', '--policy', path('policy.yaml'), '--log', log]);
    say('fit: reading its attempts');
    const reading = await readAll(log);
    say('fit: calibrate');
    const calibrated = await run(['calibrate', log, '--out', path('fitted.yaml')]);
    say('fit: verify');
    const verified = await run(['verify', log]);
    say('fit: estimate');
    // The answer may be no, which is an answer.
    const estimated = await run(['estimate', log, '--policy', 'random'], [0, 1]);
    return {
      requests,
      attempts: reading.attempts,
      calibratedAttemptsPerSecond: reading.attempts / calibrated.seconds,
      readAttemptsPerSecond: reading.attempts / reading.seconds,
      calibrateToReading: calibrated.seconds / reading.seconds,
      calibrateResidentMiB: calibrated.residentMiB,
      estimatedRequestsPerSecond: requests / estimated.seconds,
      verifiedRequestsPerSecond: requests / verified.seconds,
      estimateToVerify: estimated.seconds / verified.seconds,
      estimateResidentMiB: estimated.residentMiB,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readAll(path: string): Promise<{ readonly attempts: number; readonly seconds: number }> {
  const startMs = performance.now();
  const log = await openAttemptLog(path);
  let attempts = 0;
  for await (const batch of log.batches()) attempts += batch.length;
  log.close();
  return { attempts, seconds: (performance.now() - startMs) / 1_000 };
}

interface Ran {
  readonly seconds: number;
  /** The highest that was seen. */
  readonly residentMiB: number;
}

/** @throws Error when it ends otherwise than allowed */
async function run(args: readonly string[], allowed: readonly number[] = [0]): Promise<Ran> {
  const startMs = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint = `${complaint}${text.toString()}`.slice(-2_000);
  });
  let residentKiB = 0;
  const watchPeak = async (): Promise<void> => {
    residentKiB = Math.max(residentKiB, await peakOf(child.pid!));
  };
  const timer = setInterval(() => {
    void watchPeak();
  }, POLL_MS);
  const code = await new Promise<number | null>((resolve) => {
    child.on('exit', resolve);
  });
  clearInterval(timer);
  if (code === null || !allowed.includes(code)) throw new Error(`${args.join(' ')} ended with ${code}: ${complaint}`);
  return { seconds: (performance.now() - startMs) / 1_000, residentMiB: residentKiB / 1_024 };
}

/** Peak resident memory of a process so far, KiB; 0 where the system does not tell. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
}
