/** Ids of requests, the clock of the core and the salt of sessions. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createLiveClock } from '../../src/proxy/live-clock.ts';
import { createRequestIds } from '../../src/proxy/request-ids.ts';
import { loadSessionSalt } from '../../src/proxy/session-salt.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenpool-salt-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('ids of requests', () => {
  const given = (id: string | readonly string[]) => ({ 'x-token-pool-request-id': id });

  it("are the client's own where they are proper and not in use", () => {
    const ids = createRequestIds((id) => id === 'in-use');
    expect(ids.idFor(given('mine.1:a_b-C'))).toBe('mine.1:a_b-C');
    for (const bad of ['in-use', '', 'a b', 'x'.repeat(97), 'ümlaut', 'a\nb', ['a', 'b']]) {
      expect(ids.idFor(given(bad))).toMatch(/^tp-[0-9a-f]{10}-\d+$/);
    }
  });

  it('differ within a run and between runs', () => {
    const runs = [createRequestIds(() => false), createRequestIds(() => false)];
    const made = runs.flatMap((ids) => [ids.idFor({}), ids.idFor({}), ids.idFor({})]);
    expect(new Set(made).size).toBe(6);
  });
});

describe('the clock', () => {
  it('is that of the machine, with fractions, and never goes back', () => {
    const clock = createLiveClock(0);
    let last = 0;
    for (let count = 0; count < 10_000; count++) {
      const nowMs = clock.nowMs();
      expect(nowMs >= last).toBe(true);
      last = nowMs;
    }
    expect(Math.abs(last - Date.now())).toBeLessThan(2_000);
  });

  it('does not fall behind the last run, though the machine was set back', () => {
    const aheadMs = Date.now() + 3_600_000;
    const clock = createLiveClock(aheadMs);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(aheadMs);
    expect(clock.nowMs()).toBeLessThan(aheadMs + 60_000);
  });

  it('runs faster beside twins that do', async () => {
    const aheadMs = Date.now() + 1_000;
    const clock = createLiveClock(aheadMs, 1_000);
    const from = clock.nowMs();
    expect(from).toBeGreaterThanOrEqual(aheadMs);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.nowMs() - from).toBeGreaterThan(15_000);
    expect(clock.speed).toBe(1_000);
  });
});

describe('the salt of sessions', () => {
  it('is made once, for this user only, and made again when it is none', async () => {
    const salt = await loadSessionSalt(folder);
    expect(salt).toMatch(/^[0-9a-f]{32}$/);
    expect(await loadSessionSalt(folder)).toBe(salt);
    const file = join(folder, 'session-salt');
    expect(readFileSync(file, 'utf8')).toBe(`${salt}\n`);
    expect(statSync(file).mode & 0o077).toBe(0);
    writeFileSync(file, 'salt\n');
    expect(await loadSessionSalt(folder)).not.toBe(salt);
  });
});
