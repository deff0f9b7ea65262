/**
 * Where prompt prefixes are warm: which target last served a session, or a chain of prefix blocks, and how
 * many tokens of it. A belief, for scoring and cost; the provider's answer says what was really cached.
 */
import type { RouterRequest } from '../contract.ts';
import type { Policy } from '../policy.ts';

interface WarmPrefix {
  readonly target: number;
  readonly tokens: number;
  readonly expiresAtMs: number;
}

export type SavedPrefixWarmth = readonly (readonly [key: string | number, entry: WarmPrefix])[];

/** Session ids are texts and block hashes are numbers, so they share one map without meeting. */
export class PrefixWarmth {
  /** Re-inserted on use with one common lifetime, so the order of insertion is the order of expiry. */
  private readonly entries = new Map<string | number, WarmPrefix>();
  private readonly policy: Policy['affinity'];
  /** Goes through the entries in the order of expiry, once: a new search for the first would pass all deleted ones. */
  private oldestFirst: Iterator<readonly [string | number, WarmPrefix]> | null = null;
  private oldest: readonly [key: string | number, entry: WarmPrefix] | null = null;
  /** Results of {@link locate}: the target (-1: none) and the warm share of the input, 0 to 1. */
  warmTarget = -1;
  warmShare = 0;

  constructor(policy: Policy['affinity']) {
    this.policy = policy;
  }

  /** Looks up where the request's prefix is warm; the answer is left in `warmTarget` and `warmShare`. */
  locate(request: RouterRequest, nowMs: number): void {
    this.warmTarget = -1;
    this.warmShare = 0;
    if (request.prefixBlocks !== null) {
      const { length } = request.prefixBlocks;
      for (let depth = length; depth > 0; depth--) {
        const entry = this.entries.get(request.prefixBlocks[depth - 1]!);
        if (entry !== undefined && entry.expiresAtMs > nowMs) {
          this.warmTarget = entry.target;
          this.warmShare = depth / length;
          return;
        }
      }
    }
    if (request.sessionId !== null && request.inputTokens > 0) {
      const entry = this.entries.get(request.sessionId);
      if (entry !== undefined && entry.expiresAtMs > nowMs) {
        this.warmTarget = entry.target;
        this.warmShare = Math.min(1, entry.tokens / request.inputTokens);
      }
    }
  }

  /** A target served the request: its prefix is warm there from now on. */
  remember(request: RouterRequest, target: number, tokens: number, nowMs: number): void {
    if (request.sessionId === null && request.prefixBlocks === null) return;
    const entry = { target, tokens, expiresAtMs: nowMs + this.policy.warmTtlMs };
    if (request.sessionId !== null) this.put(request.sessionId, entry);
    if (request.prefixBlocks !== null) for (const block of request.prefixBlocks) this.put(block, entry);
    this.evict(nowMs);
  }

  get size(): number {
    return this.entries.size;
  }

  save(): SavedPrefixWarmth {
    return [...this.entries];
  }

  load(saved: SavedPrefixWarmth): void {
    this.entries.clear();
    this.oldestFirst = null;
    this.oldest = null;
    for (const [key, entry] of saved) this.entries.set(key, entry);
  }

  private put(key: string | number, entry: WarmPrefix): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
  }

  private evict(nowMs: number): void {
    for (let oldest = this.findOldest(); oldest !== null; oldest = this.findOldest()) {
      if (oldest[1].expiresAtMs > nowMs && this.entries.size <= this.policy.entriesMax) return;
      this.entries.delete(oldest[0]);
    }
  }

  /** The entry that expires first, or null. What was used again since the iterator passed it stands further back. */
  private findOldest(): readonly [key: string | number, entry: WarmPrefix] | null {
    while (this.entries.size > 0) {
      if (this.oldest !== null && this.entries.get(this.oldest[0]) === this.oldest[1]) return this.oldest;
      this.oldestFirst ??= this.entries.entries();
      const next = this.oldestFirst.next();
      if (next.done === true) this.oldestFirst = null;
      else this.oldest = next.value;
    }
    return null;
  }
}
