/** One table from what an attempt came to, to what it means for the target, the key and the request. */
import type { AttemptOutcome } from '../contract.ts';

export interface OutcomeEffect {
  /** What it says about the target's health. */
  readonly verdict: 'good' | 'bad' | 'none';
  /** `limited`: a 429. `expelled`: the provider no longer accepts the key. */
  readonly key: 'served' | 'limited' | 'expelled' | 'none';
  /** Whether another target may do better. */
  readonly isRetryable: boolean;
}

const SERVED: OutcomeEffect = { verdict: 'good', key: 'served', isRetryable: false };
const LEFT: OutcomeEffect = { verdict: 'none', key: 'none', isRetryable: false };
const LIMITED: OutcomeEffect = { verdict: 'none', key: 'limited', isRetryable: true };
const EXPELLED: OutcomeEffect = { verdict: 'none', key: 'expelled', isRetryable: true };
const BROKEN: OutcomeEffect = { verdict: 'bad', key: 'none', isRetryable: true };
const CLIENT_FAULT: OutcomeEffect = { verdict: 'none', key: 'none', isRetryable: false };

export function effectOf(outcome: Pick<AttemptOutcome, 'kind' | 'status'>): OutcomeEffect {
  switch (outcome.kind) {
    case 'success':
      return SERVED;
    case 'cancelled':
      return LEFT;
    case 'limited':
      return LIMITED;
    case 'timeout':
      return BROKEN;
    case 'failure':
      return effectOfStatus(outcome.status);
  }
}

function effectOfStatus(status: number | null): OutcomeEffect {
  if (status === 401 || status === 402 || status === 403) return EXPELLED;
  if (status === 429) return LIMITED;
  const isClientFault = status !== null && status >= 400 && status < 500 && status !== 408 && status !== 425;
  return isClientFault ? CLIENT_FAULT : BROKEN;
}
