/** What a provider lets through, measured through the whole driver: its rate limit, and its hours of opening. */
import type { TraceSource } from '../../../datasets/trace.ts';
import type { AttemptOutcome, OutcomeKind } from '../../../src/router/contract.ts';
import type { Policy } from '../../../src/router/policy.ts';
import type { ClientCall } from '../../replay/client-call.ts';
import { replay, type ReplayObserver } from '../../replay/replay.ts';
import type { ProviderWeather, Scenario } from '../../scenario.ts';
import { weatherShares } from '../../twins/weather.ts';
import { ONE_PATIENT_ATTEMPT } from '../queues/patient-policy.ts';
import { scenarioOf } from '../small/pool-in-small.ts';
import { poissonTrace } from '../queues/queueing-trial.ts';

export interface Compared {
  readonly measured: number;
  readonly expected: number;
}

/** The router sends whatever comes, at once and once, so that the provider alone decides. */
const SEND_EVERYTHING: Policy = {
  ...ONE_PATIENT_ATTEMPT,
  rateLimit: { ladderMs: [0], retryAfterMaxMs: 0, ladderResetMs: 1, consecutiveUntilBad: 0 },
};

const MS_PER_MINUTE = 60_000;
const PER_MINUTE = 600;
const TOKENS_PER_REQUEST = 11;

/**
 * Twice as many requests as a token bucket lets pass; what it should let pass is its content at the start and its
 * refill since: perMinute x (minutes + 1).
 *
 * @param metric which of the twin's two buckets is the narrow one
 */
export async function rateLimited(metric: 'requests' | 'tokens', minutes: number, seed: number): Promise<Compared> {
  const scenario = scenarioOf([
    {
      id: 'aurora.main.large',
      twin: {
        rateLimit: {
          requestsPerMinute: metric === 'requests' ? PER_MINUTE : null,
          tokensPerMinute: metric === 'tokens' ? PER_MINUTE * TOKENS_PER_REQUEST : null,
          retryAfter: true,
        },
      },
    },
  ]);
  const trace = poissonTrace(2 * PER_MINUTE * minutes, MS_PER_MINUTE / (2 * PER_MINUTE), seed);
  const { counts, lastMs } = await outcomes(trace, scenario, seed);
  return { measured: (counts.get('success') ?? 0) / (lastMs / MS_PER_MINUTE + 1), expected: PER_MINUTE };
}

const WEATHER: ProviderWeather = {
  provider: 'aurora',
  up: { medianMs: 10 * MS_PER_MINUTE, sigma: 0.6 },
  degraded: { medianMs: 3 * MS_PER_MINUTE, sigma: 0.5, failureProbability: 0.2, latencyFactor: 2 },
  down: { medianMs: 2 * MS_PER_MINUTE, sigma: 0.8, failureProbability: 1 },
  upToDegraded: 0.5,
  degradedToDown: 0.4,
};

/** Share of requests answered by a provider that goes up, degraded and down, against the chain's long-run shares. */
export async function availability(hours: number, requests: number, seed: number): Promise<Compared> {
  const scenario = scenarioOf([{ id: 'aurora.main.large' }], { weather: [WEATHER] });
  const trace = poissonTrace(requests, (hours * 60 * MS_PER_MINUTE) / requests, seed);
  const { counts } = await outcomes(trace, scenario, seed);
  const { up, degraded } = weatherShares(WEATHER);
  return {
    measured: (counts.get('success') ?? 0) / requests,
    expected: up + degraded * (1 - WEATHER.degraded.failureProbability),
  };
}

/** Share of requests answered by a provider that is down for a fifth of every hour by schedule. */
export async function scheduledAvailability(hours: number, requests: number, seed: number): Promise<Compared> {
  const hourMs = 60 * MS_PER_MINUTE;
  const faults = Array.from({ length: hours }, (_, hour) => ({
    kind: 'down' as const,
    scope: 'aurora',
    startMs: hour * hourMs + hourMs / 3,
    endMs: hour * hourMs + hourMs / 3 + hourMs / 5,
  }));
  const scenario = scenarioOf([{ id: 'aurora.main.large' }], { faults });
  const trace = poissonTrace(requests, (hours * hourMs) / requests, seed);
  const { counts } = await outcomes(trace, scenario, seed);
  return { measured: (counts.get('success') ?? 0) / requests, expected: 0.8 };
}

interface Outcomes {
  readonly counts: ReadonlyMap<OutcomeKind, number>;
  /** Arrival of the last request. */
  readonly lastMs: number;
}

async function outcomes(trace: TraceSource, scenario: Scenario, seed: number): Promise<Outcomes> {
  const counts = new Map<OutcomeKind, number>();
  let lastMs = 0;
  const nothing = (): void => undefined;
  const observer: ReplayObserver = {
    timeMoves: nothing,
    arrived: (_call: ClientCall, nowMs: number) => (lastMs = nowMs),
    sent: nothing,
    attemptEnded: (_call: ClientCall, { kind }: AttemptOutcome) => {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    },
    completed: nothing,
    rejected: nothing,
    cancelled: nothing,
  };
  await replay(trace, { scenario, policy: SEND_EVERYTHING, seed, observer });
  return { counts, lastMs };
}
