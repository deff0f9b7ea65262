/** How long a proxy lives in a test file. */
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { LiveProxy } from './running-proxy.ts';

/** A proxy that is stopped when the running test ends. */
export async function forTest<T extends LiveProxy>(starting: Promise<T>): Promise<T> {
  const live = await starting;
  onTestFinished(() => live.stop());
  return live;
}

/** A proxy for all tests of a file or a block; starting one takes a second. Call the result inside of a test. */
export function shared<T extends LiveProxy>(start: () => Promise<T>): () => T {
  let live: T | null = null;
  beforeAll(async () => {
    live = await start();
  });
  afterAll(() => live?.stop());
  return () => {
    if (live === null) throw new Error('the proxy was not started');
    return live;
  };
}
