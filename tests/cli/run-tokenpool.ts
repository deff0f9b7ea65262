import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));

/** What a run of the command line left behind. */
export interface Ending {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tokenpool` as a process of its own, as a user does. */
export function runTokenpool(...args: readonly string[]): Promise<Ending> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [BIN, ...args], (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
