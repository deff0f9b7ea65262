/** V8 then marks by itself in small steps, or does without any thread of its own. */
const ONE_THREAD_FLAGS = ['--no-concurrent-marking', '--single-threaded-gc'];

/**
 * What to tell whoever serves with one core only, as in small containers; null where there is nothing to say. The threads
 * with which V8 looks for garbage then take that core from the thread that serves, for up to 50 ms at a time. They are
 * there before any code of ours, and to turn them off later is not safe, so only the start of the process can do it.
 *
 * @param cores that the process may use
 * @param nodeFlags with which it was started
 */
export function oneCoreAdvice(cores: number, nodeFlags: readonly string[]): string | null {
  if (cores > 1 || nodeFlags.some((flag) => ONE_THREAD_FLAGS.includes(flag.replaceAll('_', '-')))) return null;
  return 'there is one core: started as "node --no-concurrent-marking src/cli/bin.js serve", the slowest answers come sooner';
}
