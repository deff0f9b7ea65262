/** `tokenpool` inside of the process of the test: the same program without the second that it takes to start one. */
import { vi } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { runProgram } from '../../src/cli/run-program.ts';
import type { Ending } from './run-tokenpool.ts';

/** A process has one standard output: runs wait for each other. */
let last: Promise<unknown> = Promise.resolve();

/** Runs a command as `main.ts` does, and keeps what it says from the terminal. */
export function runHere(...args: readonly string[]): Promise<Ending> {
  const run = last.then(() => runAlone(args));
  last = run.catch(() => undefined);
  return run;
}

async function runAlone(args: readonly string[]): Promise<Ending> {
  const stdout = heard(process.stdout);
  const stderr = heard(process.stderr);
  try {
    const code = await runProgram(await buildProgram(args), ['node', 'tokenpool', ...args]);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.end();
    stderr.end();
  }
}

function heard(stream: NodeJS.WriteStream) {
  const texts: string[] = [];
  const write = vi.spyOn(stream, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  return { text: () => texts.join(''), end: () => write.mockRestore() };
}
