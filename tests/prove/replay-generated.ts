import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GeneratedRun } from './generated-run.ts';

const RUN = fileURLToPath(new URL('./generated-run.ts', import.meta.url));

/** Replays generated traffic in a process of its own, so that nothing else is in its memory. */
export function replayGenerated(requests: number): Promise<GeneratedRun> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--import', 'tsx', RUN, `${requests}`], (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${error.message}\n${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout) as GeneratedRun);
    });
  });
}
