import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SustainedRun } from './sustained-run.ts';

const RUN = fileURLToPath(new URL('./sustained-run.ts', import.meta.url));

/** Records so many records in a process of its own, so that nothing else is in its memory. */
export function sustain(folder: string, records: number): Promise<SustainedRun> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--import', 'tsx', RUN, folder, `${records}`], (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${error.message}\n${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout) as SustainedRun);
    });
  });
}
