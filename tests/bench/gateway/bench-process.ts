/** The processes of the bench: each on its core, and none left over. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOrder, LoadResults } from './load-orders.ts';
import { cpuTimeOf } from './process-cpu.ts';

export interface BenchProcess {
  readonly pid: number;
  /** The end of what it wrote to standard error. */
  complaint(): string;
  /** The first line that it printed, read as JSON. */
  readonly said: unknown;
  stop(): Promise<void>;
}

/** How long a process gets to start, and to end by itself. */
const STARTING_MS = 20_000;
const ENDING_MS = 8_000;

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Null: wherever the system puts it. */
  readonly core: number | null;
  readonly environment?: Readonly<Record<string, string>>;
  readonly hasChannel?: boolean;
  /** For a program that says nothing when it is ready. */
  readonly isQuiet?: boolean;
}

/** Whether processes can be kept on a core of their own. */
export function canPin(): boolean {
  return spawnSync('taskset', ['--version']).status === 0;
}

/** Starts Node on a file of this folder, TypeScript or not. */
export function nodeLaunch(
  script: string,
  args: readonly string[],
  core: number | null,
  flags: readonly string[] = [],
): Launch {
  return { command: process.execPath, args: [...flags, '--import', 'tsx', script, ...args], core };
}

/** @throws Error when it ends before it is ready, with the last it said */
export async function startProcess(launch: Launch): Promise<{ process: ChildProcess; started: BenchProcess }> {
  const { command, args, core, environment = {}, hasChannel = false, isQuiet = false } = launch;
  const whole = core === null ? [command, ...args] : ['taskset', '-c', String(core), command, ...args];
  const child = spawn(whole[0]!, whole.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe', ...(hasChannel ? ['ipc' as const] : [])],
    env: { ...process.env, ...environment },
  });
  let complaint = '';
  child.stderr!.on('data', (text: Buffer) => {
    complaint = `${complaint}${text.toString()}`.slice(-2_000);
  });
  const ended = once(child, 'exit');
  let text = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout!.on('data', (piece: Buffer) => {
      text += piece.toString();
      // JSON over several lines ends with a brace of its own.
      if (/^\{.*\}\n/s.test(text)) resolve();
    });
    if (isQuiet) setTimeout(resolve, 500);
  });
  await Promise.race([ready, ended, sleep(STARTING_MS, undefined, { ref: false })]);
  if (child.exitCode !== null || (text === '' && !isQuiet)) {
    child.kill('SIGKILL');
    throw new Error(`${args.join(' ')}: did not start: ${complaint.trim()}`);
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), ENDING_MS);
    await ended;
    clearTimeout(late);
  };
  return {
    process: child,
    started: { pid: child.pid!, said: text === '' ? null : JSON.parse(text), complaint: () => complaint.trim(), stop },
  };
}

export interface LoadGenerator {
  readonly process: BenchProcess;
  run<K extends LoadOrder['kind']>(order: Extract<LoadOrder, { readonly kind: K }>): Promise<LoadResults[K]>;
}

export async function startLoad(script: string, core: number | null): Promise<LoadGenerator> {
  const { process: child, started } = await startProcess({ ...nodeLaunch(script, [], core), hasChannel: true });
  return {
    process: started,
    run: (order) =>
      new Promise((resolve, reject) => {
        const onExit = (): void => reject(new Error(`the load generator has ended: ${started.complaint()}`));
        child.once('exit', onExit);
        child.once('message', (message: { readonly result?: never; readonly error?: string }) => {
          child.off('exit', onExit);
          if (message.error === undefined) resolve(message.result!);
          else reject(new Error(message.error));
        });
        if (child.connected) child.send(order);
        else onExit();
      }),
  };
}

const QUIET_CHECK_MS = 120;
/** Share of a core below which a process counts as quiet. */
const QUIET_SHARE = 0.03;

/** Waits until a process has done what it put off; gives up after `untilMs`. */
export async function quiet(pid: number, untilMs: number): Promise<boolean> {
  const startMs = performance.now();
  let calm = 0;
  let before = cpuTimeOf(pid).wholeUs;
  while (performance.now() - startMs < untilMs) {
    await sleep(QUIET_CHECK_MS);
    const now = cpuTimeOf(pid).wholeUs;
    calm = (now - before) / 1_000 < QUIET_SHARE * QUIET_CHECK_MS ? calm + 1 : 0;
    before = now;
    // It looks for work every 200 ms or so.
    if (calm === 3) return true;
  }
  return false;
}
