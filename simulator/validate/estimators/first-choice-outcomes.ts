/**
 * What became of the requests of a replay, on the unit that estimates from a log judge: requests that were sent
 * somewhere, each with all that followed from its first choice.
 */
import type { AttemptOutcome } from '../../../src/router/contract.ts';
import type { ClientCall } from '../../replay/client-call.ts';
import type { ReplayObserver } from '../../replay/replay.ts';

/** Names and units are those of the estimates. */
export interface FirstChoiceOutcomes {
  /** Share of requests answered in full. */
  readonly successRatio: number;
  readonly costUsdPer1kRequests: number;
  /** Mean from arrival, over requests answered in full; to the end of what was not streamed. */
  readonly firstTokenMs: number;
}

const MICRO_USD_PER_USD = 1_000_000;

export class FirstChoiceCollector implements ReplayObserver {
  private sentRequests = 0;
  private answered = 0;
  private costMicroUsd = 0;
  private firstTokenSumMs = 0;

  timeMoves(): void {
    // Only what happens to requests counts.
  }

  arrived(): void {
    // A request that is never sent is not judged.
  }

  sent(call: ClientCall): void {
    if (call.attempts === 1) this.sentRequests++;
  }

  attemptEnded(_call: ClientCall, outcome: AttemptOutcome): void {
    this.costMicroUsd += outcome.costMicroUsd;
  }

  completed(call: ClientCall, outcome: AttemptOutcome): void {
    this.answered++;
    this.firstTokenSumMs += call.sentAtMs - call.arrivedAtMs + (outcome.firstTokenMs ?? outcome.durationMs);
  }

  rejected(): void {
    // It counts as a request that was not answered, if it was sent.
  }

  cancelled(): void {
    // The same.
  }

  /** NaN where no request was sent, or none answered. */
  outcomes(): FirstChoiceOutcomes {
    return {
      successRatio: this.answered / this.sentRequests,
      costUsdPer1kRequests: ((this.costMicroUsd / MICRO_USD_PER_USD) * 1_000) / this.sentRequests,
      firstTokenMs: this.firstTokenSumMs / this.answered,
    };
  }
}
