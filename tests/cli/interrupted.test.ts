import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a command that gets %s in its work leaves no file behind', async (signal, exitCode) => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-interrupted-'));
  try {
    const log = join(folder, 'run.duckdb');
    const args = [BIN, 'simulate', embeddedTracePath(), '--scenario', 'calm-day', '--log', log];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill(signal);
    expect(await ended).toBe(exitCode);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('leaves none behind by way of the npm script either, in which nobody kills it before it has cleaned up', async () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { tokenpool: string };
  };
  // The command line of tsx kills what does not answer a signal within 60 ms, as a process at work may not.
  expect(scripts.tokenpool).not.toContain('tsx');
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-interrupted-'));
  try {
    const log = join(folder, 'run.duckdb');
    const command = `${scripts.tokenpool} simulate ${embeddedTracePath()} --scenario calm-day --log ${log}`;
    // A group of its own: a terminal's Ctrl-C goes to all processes of the line.
    const child = spawn('sh', ['-c', command], { stdio: 'ignore', cwd: ROOT, detached: true });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(-child.pid!, 'SIGINT');
    await ended;
    // The shell may be gone before those that it started.
    while (isAlive(-child.pid!)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function isAlive(group: number): boolean {
  try {
    return process.kill(group, 0);
  } catch {
    return false;
  }
}
