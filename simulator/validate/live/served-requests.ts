/** What became of the requests of a run, live or simulated: what the two are compared by. */
import type { TraceRow } from '../../../datasets/trace.ts';
import type { AttemptOutcome } from '../../../src/router/contract.ts';
import type { Router } from '../../../src/router/router.ts';
import type { AttemptTable } from '../../calibrate/attempt-table.ts';
import type { ClientCall } from '../../replay/client-call.ts';
import type { ReplayObserver } from '../../replay/replay.ts';

export interface ServedRequests {
  readonly requests: number;
  readonly succeeded: number;
  readonly costUsd: number;
  /** Of streams that were answered: from arrival to the first token, ms, and when they arrived. */
  readonly firstTokenMs: Float64Array;
  readonly arrivedAtMs: Float64Array;
  /** Attempts by provider. */
  readonly attemptsByProvider: ReadonlyMap<string, number>;
}

/**
 * @param rows of a log, imported as a trace
 * @param attempts of the same log
 */
export function servedInLog(rows: readonly TraceRow[], attempts: AttemptTable): ServedRequests {
  const streams = rows.filter(
    ({ stream, recorded }) => stream && recorded?.kind === 'success' && recorded.firstTokenMs !== null,
  );
  const byProvider = new Map<string, number>();
  for (let row = 0; row < attempts.rows; row++) {
    const { provider } = attempts.targets[attempts.target[row]!]!;
    byProvider.set(provider, (byProvider.get(provider) ?? 0) + 1);
  }
  return {
    requests: rows.length,
    succeeded: rows.filter(({ recorded }) => recorded?.kind === 'success').length,
    costUsd: rows.reduce((sum, { recorded }) => sum + (recorded?.costUsd ?? 0), 0),
    firstTokenMs: Float64Array.from(streams, ({ recorded }) => recorded!.firstTokenMs!),
    arrivedAtMs: Float64Array.from(streams, ({ arrivalMs }) => arrivalMs),
    attemptsByProvider: byProvider,
  };
}

const MICRO_USD_PER_USD = 1_000_000;

/** Gathers the same of a replay. */
export class ServedCollector implements ReplayObserver {
  private requests = 0;
  private succeeded = 0;
  private costMicroUsd = 0;
  private readonly firstTokenMs: number[] = [];
  private readonly arrivedAtMs: number[] = [];
  private readonly byTarget: number[] = [];

  timeMoves(): void {
    // Only what happens to requests counts.
  }

  arrived(): void {
    this.requests++;
  }

  sent(call: ClientCall): void {
    this.byTarget[call.targetIndex] = (this.byTarget[call.targetIndex] ?? 0) + 1;
  }

  attemptEnded(_call: ClientCall, outcome: AttemptOutcome): void {
    this.costMicroUsd += outcome.costMicroUsd;
  }

  completed(call: ClientCall, outcome: AttemptOutcome): void {
    this.succeeded++;
    if (!call.row.stream || outcome.firstTokenMs === null) return;
    this.firstTokenMs.push(call.sentAtMs - call.arrivedAtMs + outcome.firstTokenMs);
    this.arrivedAtMs.push(call.arrivedAtMs);
  }

  rejected(): void {
    // It counts as a request that did not succeed.
  }

  cancelled(): void {
    // The same.
  }

  /** @param router that the replay ended with */
  served({ targetIds }: Router): ServedRequests {
    const byProvider = new Map<string, number>();
    this.byTarget.forEach((count, index) => {
      const provider = targetIds[index]!.slice(0, targetIds[index]!.indexOf('.'));
      byProvider.set(provider, (byProvider.get(provider) ?? 0) + count);
    });
    return {
      requests: this.requests,
      succeeded: this.succeeded,
      costUsd: this.costMicroUsd / MICRO_USD_PER_USD,
      firstTokenMs: Float64Array.from(this.firstTokenMs),
      arrivedAtMs: Float64Array.from(this.arrivedAtMs),
      attemptsByProvider: byProvider,
    };
  }
}

/** Several runs as one, which has that many times the requests. */
export function pooled(runs: readonly ServedRequests[]): ServedRequests {
  const sum = (of: (run: ServedRequests) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const providers = new Set(runs.flatMap(({ attemptsByProvider }) => [...attemptsByProvider.keys()]));
  return {
    requests: sum(({ requests }) => requests),
    succeeded: sum(({ succeeded }) => succeeded),
    costUsd: sum(({ costUsd }) => costUsd),
    firstTokenMs: joined(runs.map(({ firstTokenMs }) => firstTokenMs)),
    arrivedAtMs: joined(runs.map(({ arrivedAtMs }) => arrivedAtMs)),
    attemptsByProvider: new Map(
      [...providers].map((provider) => [provider, sum((run) => run.attemptsByProvider.get(provider) ?? 0)]),
    ),
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
