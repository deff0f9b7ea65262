/** How many small streams a second one process sends, the twins being another process: printed, and held to a low floor. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { memoryTrace } from '../../../datasets/memory-trace.ts';
import { runTraffic } from '../../../simulator/traffic/run-traffic.ts';
import { evenly, rowsAt } from '../replay/rows-in-time.ts';

const BIN = fileURLToPath(new URL('../../../src/cli/bin.js', import.meta.url));
const SPEED = 60;
const PER_SECOND = 1_500;
const SECONDS = 4;

interface Announced {
  readonly providers: readonly {
    readonly id: string;
    readonly baseUrl: string;
    readonly keys: readonly { secret: string }[];
  }[];
}

/** The command in a process of its own; stopped when the test ends. */
async function twinsProcess(): Promise<Announced> {
  const child: ChildProcess = spawn(
    process.execPath,
    [BIN, 'twins', '--scenario', 'calm-day', '--speed', `${SPEED}`, '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
  let text = '';
  for await (const chunk of child.stdout!) {
    text += String(chunk);
    if (text.endsWith('\n}\n')) break;
  }
  return JSON.parse(text) as Announced;
}

it(`sends ${PER_SECOND} small streams a second`, { timeout: 60_000 }, async () => {
  const { providers } = await twinsProcess();
  const { baseUrl, keys } = providers.find(({ id }) => id === 'borealis')!;
  const arrivalsMs = evenly(PER_SECOND * SECONDS, (SPEED * 1_000) / PER_SECOND);
  const trace = memoryTrace(rowsAt(arrivalsMs, { model: 'boreal-flash', inputTokens: 250, outputTokens: 20 }), 'made');
  const before = process.cpuUsage();
  const result = await runTraffic({ trace, url: baseUrl, speed: SPEED, secret: keys[0]!.secret });
  const used = process.cpuUsage(before);
  const { p50, p99, max } = result.drift.wallMs;
  process.stdout.write(
    `${result.requestsPerSecond.toFixed(0)} requests/s asked for ${PER_SECOND}, ${((used.user + used.system) / result.sent).toFixed(0)} us of CPU each, ` +
      `late by p50 ${p50!.toFixed(2)}, p99 ${p99!.toFixed(1)}, max ${max!.toFixed(1)} ms, at most ${result.openMax} open\n`,
  );
  expect(result.sent + result.heldBack).toBe(PER_SECOND * SECONDS);
  expect(result.outcomes.success / result.sent).toBeGreaterThan(0.95);
  // All of it on a machine with two cores to spare; a busy one is late, and must not make this fail.
  expect(result.requestsPerSecond).toBeGreaterThan(PER_SECOND / 5);
});
