/** `tokenpool serve` as a process of its own, as a user runs it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../../src/config/policy-override.ts';

const BIN = fileURLToPath(new URL('../../../src/cli/bin.js', import.meta.url));

/** What `serve --json` prints. */
export interface ServeReport {
  readonly url: string;
  readonly admin: boolean;
  readonly policyHash: string;
  readonly targets: number;
  readonly log: string;
}

export interface ServedProxy {
  readonly url: string;
  readonly report: ServeReport;
  /** Everything that it has written so far. */
  stdout(): string;
  stderr(): string;
  signal(signal: NodeJS.Signals): void;
  /** An exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends a signal unless it has ended already, and waits for its end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/**
 * @param environment all of it that is the proxy's; nothing of the test's own comes along but where to find programs
 * @throws Error with what it wrote when it ends before it listens
 */
export async function serveProxy(
  configPath: string,
  environment: Environment,
  options: readonly string[] = [],
): Promise<ServedProxy> {
  const child = spawn(process.execPath, [BIN, 'serve', '--config', configPath, '--json', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? 0));
  });
  const report = await new Promise<ServeReport>((resolve, reject) => {
    child.on('error', reject);
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      stdout += part;
      if (stdout.trimEnd().endsWith('}')) resolve(JSON.parse(stdout) as ServeReport);
    });
    void ended.then((code) => reject(new Error(`serve ended with ${code} before it listened: ${stderr}`)));
  });
  return {
    url: report.url,
    report,
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (signal) => void child.kill(signal),
    ended,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
