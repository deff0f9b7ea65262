/** V8 then marks by itself in small steps, and collects young objects without helpers that would wait for one another. */
const ADVISED_FLAGS = ['--no-concurrent-marking', '--no-parallel-scavenge'];
/** Without any thread of V8's own. */
const ONE_THREAD_FLAG = '--single-threaded-gc';

/**
 * What to tell whoever serves with one core only, as in small containers; null where there is nothing to say. The threads
 * with which V8 looks for garbage then take that core from the thread that serves, for up to 50 ms at a time. They are
 * there before any code of ours, and to turn them off later is not safe, so only the start of the process can do it.
 *
 * @param cores that the process may use
 * @param nodeFlags with which it was started
 */
export function oneCoreAdvice(cores: number, nodeFlags: readonly string[]): string | null {
  const given = nodeFlags.map((flag) => flag.replaceAll('_', '-'));
  if (cores > 1 || given.includes(ONE_THREAD_FLAG) || ADVISED_FLAGS.every((flag) => given.includes(flag))) return null;
  const start = `node ${ADVISED_FLAGS.join(' ')} src/cli/bin.js serve`;
  return `there is one core: started as "${start}", it serves more requests, and the slowest answers come sooner`;
}
