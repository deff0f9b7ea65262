import type { AttemptOutcome, RouterRequest } from '../../router/index.ts';
import type { ProxyWatcher } from '../proxy-events.ts';

/** What a target did since the start. */
export interface TargetUsage {
  readonly attempts: number;
  readonly successes: number;
  /** Failures, timeouts and 429s; a client that left is none. */
  readonly errors: number;
  /** Of the successes, ms; null as long as there is none. */
  readonly durationMs: { readonly mean: number; readonly min: number; readonly max: number } | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly costMicroUsd: number;
}

interface Tally {
  attempts: number;
  successes: number;
  errors: number;
  durationSumMs: number;
  durationMinMs: number;
  durationMaxMs: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  costMicroUsd: number;
}

/** Adds up the attempts of each target of the pool in force. */
export class TargetTallies implements ProxyWatcher {
  private readonly byTarget = new Map<string, Tally>();
  private readonly isConfigured: (target: string) => boolean;

  /** @param isConfigured of other targets nothing is kept */
  constructor(isConfigured: (target: string) => boolean) {
    this.isConfigured = isConfigured;
  }

  attemptEnded(_request: RouterRequest, outcome: AttemptOutcome, target: string): void {
    const tally = this.tallyOf(target);
    if (tally === null) return;
    const { kind, durationMs } = outcome;
    tally.attempts += 1;
    tally.inputTokens += outcome.inputTokens;
    tally.outputTokens += outcome.outputTokens;
    tally.cacheReadTokens += outcome.cacheReadTokens;
    tally.costMicroUsd += outcome.costMicroUsd;
    if (kind === 'success') {
      tally.successes += 1;
      tally.durationSumMs += durationMs;
      tally.durationMinMs = Math.min(tally.durationMinMs, durationMs);
      tally.durationMaxMs = Math.max(tally.durationMaxMs, durationMs);
    } else if (kind !== 'cancelled') {
      tally.errors += 1;
    }
  }

  reconfigured(): void {
    for (const target of this.byTarget.keys()) if (!this.isConfigured(target)) this.byTarget.delete(target);
  }

  usageOf(target: string): TargetUsage {
    const tally = this.byTarget.get(target) ?? newTally();
    const { attempts, successes, errors, inputTokens, outputTokens, cacheReadTokens, costMicroUsd } = tally;
    const durationMs =
      successes === 0
        ? null
        : { mean: tally.durationSumMs / successes, min: tally.durationMinMs, max: tally.durationMaxMs };
    return { attempts, successes, errors, durationMs, inputTokens, outputTokens, cacheReadTokens, costMicroUsd };
  }

  private tallyOf(target: string): Tally | null {
    const known = this.byTarget.get(target);
    if (known !== undefined) return known;
    if (!this.isConfigured(target)) return null;
    const tally = newTally();
    this.byTarget.set(target, tally);
    return tally;
  }
}

function newTally(): Tally {
  return {
    attempts: 0,
    successes: 0,
    errors: 0,
    durationSumMs: 0,
    durationMinMs: Infinity,
    durationMaxMs: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    costMicroUsd: 0,
  };
}
