/**
 * Where prompt prefixes are warm: which target last served a session, or a chain of prefix blocks, and how
 * many tokens of it. A belief, for scoring and cost; the provider's answer says what was really cached.
 */
import type { RouterRequest } from '../contract.ts';
import type { Policy } from '../policy.ts';
import { ExpiringMap } from './expiring-map.ts';

interface WarmPrefix {
  readonly target: number;
  readonly tokens: number;
  readonly expiresAtMs: number;
}

export type SavedPrefixWarmth = readonly (readonly [key: string | number, entry: WarmPrefix])[];

/** Session ids are texts and block hashes are numbers, so they share one map without meeting. */
export class PrefixWarmth {
  private readonly entries: ExpiringMap<string | number, WarmPrefix>;
  private readonly policy: Policy['affinity'];
  /** Results of {@link locate}: the target (-1: none) and the warm share of the input, 0 to 1. */
  warmTarget = -1;
  warmShare = 0;

  constructor(policy: Policy['affinity']) {
    this.policy = policy;
    this.entries = new ExpiringMap(policy.entriesMax);
  }

  /** Looks up where the request's prefix is warm; the answer is left in `warmTarget` and `warmShare`. */
  locate(request: RouterRequest, nowMs: number): void {
    this.warmTarget = -1;
    this.warmShare = 0;
    if (request.prefixBlocks !== null) {
      const { length } = request.prefixBlocks;
      for (let depth = length; depth > 0; depth--) {
        const entry = this.entries.get(request.prefixBlocks[depth - 1]!, nowMs);
        if (entry !== null) {
          this.warmTarget = entry.target;
          this.warmShare = depth / length;
          return;
        }
      }
    }
    if (request.sessionId !== null && request.inputTokens > 0) {
      const entry = this.entries.get(request.sessionId, nowMs);
      if (entry !== null) {
        this.warmTarget = entry.target;
        this.warmShare = Math.min(1, entry.tokens / request.inputTokens);
      }
    }
  }

  /** A target served the request: its prefix is warm there from now on. */
  remember(request: RouterRequest, target: number, tokens: number, nowMs: number): void {
    if (request.sessionId === null && request.prefixBlocks === null) return;
    const entry = { target, tokens, expiresAtMs: nowMs + this.policy.warmTtlMs };
    if (request.sessionId !== null) this.entries.put(request.sessionId, entry);
    if (request.prefixBlocks !== null) for (const block of request.prefixBlocks) this.entries.put(block, entry);
    this.entries.evict(nowMs);
  }

  get size(): number {
    return this.entries.size;
  }

  save(): SavedPrefixWarmth {
    return this.entries.save();
  }

  load(saved: SavedPrefixWarmth): void {
    this.entries.load(saved);
  }
}
