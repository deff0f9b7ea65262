import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const pathOf = temporaryFolder();

/** Of the threads of this process, as `proc(5)` has it in field 19, behind a name that may hold blanks. */
function nicenesses(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

it.runIf(process.platform === 'linux')('the thread that takes rows in goes behind those that answer', async () => {
  const behind = Math.min(19, getPriority() + 10);
  const count = (): number => nicenesses().filter((niceness) => niceness === behind).length;
  const before = count();
  const log = await openLiveLog(pathOf('log'));
  try {
    expect(count()).toBe(before + 1);
  } finally {
    await log.close();
  }
});
