/**
 * Who has logged in to the console. A session is known by a ticket, which the browser keeps in a cookie and the proxy
 * keeps the SHA-256 of: nothing in its memory lets anybody in.
 */
import { createHash, randomBytes } from 'node:crypto';

/** A session that nothing was asked by for so long is over, */
const IDLE_MS = 3_600_000;
/** and any one that is so old. */
export const SESSION_MS = 12 * 3_600_000;
export const SESSIONS_MAX = 64;
const SECRET_BYTES = 32;

export interface ConsoleSession {
  readonly id: string;
  /** Only a page of ours can read it, so whoever sends it along is one. */
  readonly csrfToken: string;
  readonly begunAtMs: number;
  /** Of the admin token that it was opened with, SHA-256. */
  readonly adminTokenHash: string;
  usedAtMs: number;
}

export class ConsoleSessions {
  /** Oldest first. */
  private readonly byId = new Map<string, ConsoleSession>();
  private readonly adminTokenHash: () => string | null;
  private readonly nowMs: () => number;

  /**
   * @param adminTokenHash of the token in force; null: nobody is logged in. Another one ends all sessions
   * @param nowMs Unix time, never going back
   */
  constructor(adminTokenHash: () => string | null, nowMs: () => number) {
    this.adminTokenHash = adminTokenHash;
    this.nowMs = nowMs;
  }

  /** Those that are kept; some may be over. */
  get size(): number {
    return this.byId.size;
  }

  /** For somebody who has just shown the admin token. @returns the session with its ticket */
  open(adminTokenHash: string): { readonly ticket: string; readonly session: ConsoleSession } {
    for (const session of this.byId.values()) if (!this.isAlive(session)) this.end(session);
    for (const oldest of this.byId.values()) if (this.byId.size >= SESSIONS_MAX) this.end(oldest);
    const ticket = secret();
    const nowMs = this.nowMs();
    const session = { id: idOf(ticket), csrfToken: secret(), begunAtMs: nowMs, adminTokenHash, usedAtMs: nowMs };
    this.byId.set(session.id, session);
    return { ticket, session };
  }

  /** The session of a ticket, which is used by being asked for; null: there is none, or it is over. */
  use(ticket: string): ConsoleSession | null {
    // Looking a hash up tells a stranger nothing: to steer it, the hash would have to be inverted.
    const session = this.byId.get(idOf(ticket));
    if (session === undefined) return null;
    if (!this.isAlive(session)) {
      this.end(session);
      return null;
    }
    session.usedAtMs = this.nowMs();
    return session;
  }

  isAlive(session: ConsoleSession): boolean {
    const isKnown = this.byId.get(session.id) === session;
    return isKnown && session.adminTokenHash === this.adminTokenHash() && this.nowMs() < endOf(session);
  }

  end({ id }: ConsoleSession): void {
    this.byId.delete(id);
  }
}

/** When a session is over unless it is used before, Unix ms. */
export function endOf({ begunAtMs, usedAtMs }: ConsoleSession): number {
  return Math.min(usedAtMs + IDLE_MS, begunAtMs + SESSION_MS);
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function idOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex');
}
