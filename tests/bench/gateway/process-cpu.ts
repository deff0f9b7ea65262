import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of a process, us. */
export interface CpuTime {
  readonly wholeUs: number;
  /** Of its first thread: in Node the one that runs JavaScript. */
  readonly mainUs: number;
}

/** Of `/proc`, where times are in hundredths of a second on every Linux that Node runs on. */
const US_PER_TICK = 10_000;

/** CPU time that a process and its threads have used; threads that have ended are not counted. Linux only. */
export function cpuTimeOf(pid: number): CpuTime {
  let wholeUs = 0;
  let mainUs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const us = threadUs(`/proc/${pid}/task/${thread}`);
    wholeUs += us;
    if (thread === String(pid)) mainUs = us;
  }
  return { wholeUs, mainUs };
}

/** Nanoseconds from `schedstat`; where the kernel does not keep it, ticks from `stat`. 0 for a thread that has ended. */
function threadUs(folder: string): number {
  const schedstat = readOrNull(`${folder}/schedstat`);
  if (schedstat !== null) return Number(schedstat.split(' ')[0]) / 1_000;
  const stat = readOrNull(`${folder}/stat`);
  if (stat === null) return 0;
  // The name before may hold blanks, so counted from behind it: user and system time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * US_PER_TICK;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
