import { describe, expect, test } from 'vitest';
import { OwnerPatience } from '../../../src/log/live/owner-patience.ts';

const MEBIBYTE = 1024 * 1024;
const BYTES_MAX = 128 * MEBIBYTE;

function trial() {
  const thread = { timeMs: 0, busy: 0, nowMs: () => thread.timeMs, busyShare: () => thread.busy };
  return { thread, patience: new OwnerPatience(BYTES_MAX, thread) };
}

describe('what waits in the spool is taken in', () => {
  test('when it is worth a commit', () => {
    const { patience } = trial();
    patience.written(3 * MEBIBYTE);
    expect(patience.isDue()).toBe(false);
    patience.written(MEBIBYTE);
    expect(patience.isDue()).toBe(true);
  });

  test('or when it has waited for two seconds', () => {
    const { patience, thread } = trial();
    thread.timeMs = 1_000;
    patience.written(1);
    thread.timeMs = 2_500;
    patience.written(1);
    expect(patience.isDue()).toBe(false);
    thread.timeMs = 3_000;
    expect(patience.isDue()).toBe(true);
  });

  test('but not while the event loop is busy, unless it is too much', () => {
    const { patience, thread } = trial();
    thread.busy = 0.95;
    patience.written(BYTES_MAX - 1);
    thread.timeMs = 60_000;
    expect(patience.isDue()).toBe(false);
    patience.written(1);
    expect(patience.isDue()).toBe(true);
  });

  test('once: what comes afterwards waits anew', () => {
    const { patience, thread } = trial();
    patience.written(5 * MEBIBYTE);
    expect(patience.isDue()).toBe(true);
    thread.timeMs = 10_000;
    patience.written(1);
    expect(patience.isDue()).toBe(false);
  });
});
