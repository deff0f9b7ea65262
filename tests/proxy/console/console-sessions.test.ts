import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConsoleSessions, endOf, SESSIONS_MAX } from '../../../src/proxy/console/console-sessions.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = Date.UTC(2026, 0, 15, 10);
const HASH = 'a'.repeat(64);

let nowMs: number;
let hash: string | null;
let sessions: ConsoleSessions;
beforeEach(() => {
  nowMs = START_MS;
  hash = HASH;
  sessions = new ConsoleSessions(
    () => hash,
    () => nowMs,
  );
});

describe('a session', () => {
  it('is found by its ticket, and by no other', () => {
    const { ticket, session } = sessions.open(HASH);
    expect(sessions.use(ticket)).toBe(session);
    const other = `${ticket.slice(0, -1)}${ticket.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of [other, '', session.id, session.csrfToken]) expect(sessions.use(wrong)).toBeNull();
  });

  it('is over an hour after it was last used', () => {
    const { ticket, session } = sessions.open(HASH);
    for (let use = 0; use < 3; use++) {
      nowMs += HOUR_MS - 1;
      expect(sessions.use(ticket)).toBe(session);
    }
    nowMs += HOUR_MS - 1;
    expect(sessions.isAlive(session)).toBe(true);
    nowMs += 1;
    // To be looked at is not to be used.
    expect(sessions.isAlive(session)).toBe(false);
    expect(sessions.use(ticket)).toBeNull();
    expect(sessions.size).toBe(0);
  });

  it('is over after twelve hours, however much it is used', () => {
    const { ticket, session } = sessions.open(HASH);
    for (let minutes = 30; minutes < 12 * 60; minutes += 30) {
      nowMs = START_MS + minutes * MINUTE_MS;
      expect(sessions.use(ticket)).toBe(session);
    }
    expect(endOf(session)).toBe(START_MS + 12 * HOUR_MS);
    nowMs = START_MS + 12 * HOUR_MS - 1;
    expect(sessions.use(ticket)).toBe(session);
    nowMs += 1;
    expect(sessions.use(ticket)).toBeNull();
  });

  it('says when it ends: the sooner of both', () => {
    const { ticket, session } = sessions.open(HASH);
    expect(endOf(session)).toBe(START_MS + HOUR_MS);
    nowMs += 10 * MINUTE_MS;
    sessions.use(ticket);
    expect(endOf(session)).toBe(START_MS + HOUR_MS + 10 * MINUTE_MS);
  });

  it('ends with the admin token that it was opened by', () => {
    const { ticket, session } = sessions.open(HASH);
    hash = 'b'.repeat(64);
    expect(sessions.isAlive(session)).toBe(false);
    expect(sessions.use(ticket)).toBeNull();
    // Back again is not the same session again.
    hash = HASH;
    expect(sessions.use(ticket)).toBeNull();
    const second = sessions.open(HASH);
    hash = null;
    expect(sessions.use(second.ticket)).toBeNull();
  });

  it('ends when it is told to', () => {
    const { ticket, session } = sessions.open(HASH);
    sessions.end(session);
    expect([sessions.use(ticket), sessions.isAlive(session), sessions.size]).toEqual([null, false, 0]);
  });
});

describe('sessions', () => {
  it('are few: the oldest makes room', () => {
    const opened = Array.from({ length: SESSIONS_MAX + 3 }, () => sessions.open(HASH));
    expect(sessions.size).toBe(SESSIONS_MAX);
    const isThere = opened.map(({ ticket }) => sessions.use(ticket) !== null);
    expect(isThere).toEqual(opened.map((_, position) => position >= 3));
  });

  it('that are over make room before those that are not', () => {
    const old = Array.from({ length: SESSIONS_MAX - 1 }, () => sessions.open(HASH));
    nowMs += HOUR_MS - 1;
    const young = sessions.open(HASH);
    nowMs += 1;
    sessions.open(HASH);
    expect(sessions.size).toBe(2);
    expect(sessions.use(young.ticket)).toBe(young.session);
    expect(sessions.use(old[0]!.ticket)).toBeNull();
  });

  it('have secrets of 256 bits, no two alike, and the memory holds no ticket', () => {
    const opened = Array.from({ length: 50 }, () => sessions.open(HASH));
    const secrets = opened.flatMap(({ ticket, session }) => [ticket, session.csrfToken]);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    const memory = inspect(sessions, { depth: 9, maxArrayLength: null, maxStringLength: null, showHidden: true });
    for (const { ticket, session } of opened) {
      expect(memory).not.toContain(ticket);
      expect(memory).toContain(session.id);
    }
  });
});
