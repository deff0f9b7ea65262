/** What is remembered of sessions from one request to the next: what they were told, and what they stick to. */
import type { Policy } from '../policy.ts';
import { ExpiringMap } from '../state/expiring-map.ts';
import { isUninstructed, NOT_INSTRUCTED, type SessionInstructions } from './apply-instructions.ts';

export interface SessionEntry {
  readonly instructions: SessionInstructions;
  /** The target that last served it, -1 when none did or the policy does not ask for it. */
  readonly boundTarget: number;
  readonly expiresAtMs: number;
}

export type SavedSessions = readonly (readonly [scopeId: string, entry: SessionEntry])[];

/** Only sessions of which there is something to remember have an entry; it lives on with every request. */
export class SessionTable {
  private readonly entries: ExpiringMap<string, SessionEntry>;
  private readonly ttlMs: number;

  constructor({ ttlMs, entriesMax }: Policy['sessions']) {
    this.entries = new ExpiringMap(entriesMax);
    this.ttlMs = ttlMs;
  }

  get size(): number {
    return this.entries.size;
  }

  instructionsOf(scopeId: string, nowMs: number): SessionInstructions {
    return this.entries.get(scopeId, nowMs)?.instructions ?? NOT_INSTRUCTED;
  }

  /** -1 when the session sticks to nothing. */
  boundTargetOf(scopeId: string, nowMs: number): number {
    return this.entries.get(scopeId, nowMs)?.boundTarget ?? -1;
  }

  /** A request of the session came, and this is what it now goes by. */
  instruct(scopeId: string, instructions: SessionInstructions, nowMs: number): void {
    this.write(scopeId, instructions, this.boundTargetOf(scopeId, nowMs), nowMs);
  }

  /** A target served the session. */
  bind(scopeId: string, boundTarget: number, nowMs: number): void {
    this.write(scopeId, this.instructionsOf(scopeId, nowMs), boundTarget, nowMs);
  }

  save(): SavedSessions {
    return this.entries.save();
  }

  load(saved: SavedSessions): void {
    this.entries.load(saved);
  }

  private write(scopeId: string, instructions: SessionInstructions, boundTarget: number, nowMs: number): void {
    if (boundTarget < 0 && isUninstructed(instructions)) {
      this.entries.delete(scopeId);
      return;
    }
    this.entries.put(scopeId, { instructions, boundTarget, expiresAtMs: nowMs + this.ttlMs });
    this.entries.evict(nowMs);
  }
}
