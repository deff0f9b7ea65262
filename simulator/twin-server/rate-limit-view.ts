/**
 * What a provider tells of a key's rate limits with every answer. The fleet keeps its buckets to itself, so this
 * follows them: it takes what passes the limit, at the times at which the fleet does.
 */
import type { TwinDefinition } from '../scenario.ts';
import type { AttemptPlan } from '../twins/attempt-plan.ts';

const MS_PER_MINUTE = 60_000;

/** Attempts that come to this were stopped before the limit and take nothing from it. */
const STOPPED_BEFORE_LIMIT: readonly (string | null)[] = ['connect_timeout', 'service_unavailable', 'rate_limited'];

interface Level {
  readonly perMinute: number;
  left: number;
  atMs: number;
}

export interface RateLimitView {
  /** Notes an attempt at its time, scenario ms. */
  note(plan: AttemptPlan, tokens: number, nowMs: number): void;
  /**
   * `x-ratelimit-*` as the OpenAI API has them; empty without limits.
   *
   * @param speed by which the times till reset are shortened
   */
  headers(nowMs: number, speed: number): Readonly<Record<string, string>>;
}

export function createRateLimitView({
  requestsPerMinute,
  tokensPerMinute,
}: TwinDefinition['rateLimit']): RateLimitView {
  const requests = levelOf(requestsPerMinute);
  const tokens = levelOf(tokensPerMinute);
  return {
    note(plan, attemptTokens, nowMs) {
      if (STOPPED_BEFORE_LIMIT.includes(plan.errorCode)) return;
      if (requests !== null) take(requests, 1, nowMs);
      if (tokens !== null) take(tokens, attemptTokens, nowMs);
    },
    headers: (nowMs, speed) => ({
      ...(requests === null ? {} : headersOf('requests', requests, nowMs, speed)),
      ...(tokens === null ? {} : headersOf('tokens', tokens, nowMs, speed)),
    }),
  };
}

function levelOf(perMinute: number | null): Level | null {
  return perMinute === null ? null : { perMinute, left: perMinute, atMs: 0 };
}

function leftAt(level: Level, nowMs: number): number {
  return Math.min(level.perMinute, level.left + ((nowMs - level.atMs) * level.perMinute) / MS_PER_MINUTE);
}

function take(level: Level, amount: number, nowMs: number): void {
  level.left = leftAt(level, nowMs) - amount;
  level.atMs = nowMs;
}

function headersOf(what: string, level: Level, nowMs: number, speed: number): Record<string, string> {
  const left = leftAt(level, nowMs);
  const fullAfterMs = ((level.perMinute - left) * MS_PER_MINUTE) / level.perMinute / speed;
  return {
    [`x-ratelimit-limit-${what}`]: `${Math.floor(level.perMinute)}`,
    [`x-ratelimit-remaining-${what}`]: `${Math.max(0, Math.floor(left))}`,
    [`x-ratelimit-reset-${what}`]: durationText(fullAfterMs),
  };
}

/** As the OpenAI API writes it: `0s`, `17ms`, `1.5s`, `6m0s`. */
export function durationText(durationMs: number): string {
  const wholeMs = Math.ceil(durationMs);
  if (wholeMs === 0) return '0s';
  if (wholeMs < 1_000) return `${wholeMs}ms`;
  const seconds = Math.round(wholeMs / 10) / 100;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`;
}
