/** `tokenpool` as a process that the test can talk to while it runs. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Ending } from './run-tokenpool.ts';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));

export interface StartedTokenpool {
  stderr(): string;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ending>;
}

/** @param environment all of it, but for where to find programs */
export function startTokenpool(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): StartedTokenpool {
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
  return { stderr: () => stderr, signal: (signal) => void child.kill(signal), ended };
}
