import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
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

it('ends at once by way of npm too, before anything could keep it from cleaning up', { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-interrupted-'));
  try {
    const out = join(folder, 'trace.parquet');
    const args = ['run', '--silent', 'tokenpool', '--', 'generate', '--out', out, '--requests', '2000000'];
    // A group of its own: a terminal's Ctrl-C goes to all processes of the line.
    const child = spawn('npm', args, { stdio: 'ignore', cwd: ROOT, detached: true });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(-child.pid!, 'SIGINT');
    await ended;
    const gone = Date.now() + 10_000;
    // npm does not wait for those it started.
    while (readdirSync(folder).length > 0 && Date.now() < gone) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
