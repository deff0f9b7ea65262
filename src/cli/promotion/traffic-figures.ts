/** What kind of traffic came: how much an hour, of which classes, of what size. */
import type { TraceSource } from '../../../datasets/trace.ts';
import type { LoggedRequest } from '../../log/logged-requests.ts';
import type { TrafficFigures } from '../../policies/measured-promotion.ts';
import { classifyRequest } from '../../router/features/classify-request.ts';
import { REQUEST_CLASSES, type Policy, type RequestClass } from '../../router/policy.ts';

const HOUR_MS = 3_600_000;

export class TrafficTally {
  private readonly counts = new Map<RequestClass, number>();
  private classified = 0;
  private inputTokens = 0;
  requests = 0;

  /** @param requestClass null when it was never decided on */
  add(requestClass: RequestClass | null, inputTokens: number): void {
    this.requests += 1;
    this.inputTokens += inputTokens;
    if (requestClass === null) return;
    this.classified += 1;
    this.counts.set(requestClass, (this.counts.get(requestClass) ?? 0) + 1);
  }

  addLogged({ requestClass, inputTokens }: LoggedRequest): void {
    this.add(requestClass, inputTokens);
  }

  figures(spanMs: number): TrafficFigures {
    const { classified } = this;
    const shares = REQUEST_CLASSES.map((name) => [name, (this.counts.get(name) ?? 0) / classified] as const);
    return {
      ...loadOf(this.requests, spanMs),
      classes: classified === 0 ? null : (Object.fromEntries(shares) as Record<RequestClass, number>),
      inputTokensMean: this.requests === 0 ? null : this.inputTokens / this.requests,
    };
  }
}

/** Of traffic of which only its length is known. */
export function loadOnly(requests: number, spanMs: number): TrafficFigures {
  return { ...loadOf(requests, spanMs), classes: null, inputTokensMean: null };
}

function loadOf(requests: number, spanMs: number): Pick<TrafficFigures, 'requests' | 'spanMs' | 'requestsPerHour'> {
  return { requests, spanMs, requestsPerHour: spanMs > 0 ? (requests * HOUR_MS) / spanMs : null };
}

/** Of a trace, its classes by a policy. */
export async function trafficOfTrace(trace: TraceSource, policy: Policy): Promise<TrafficFigures> {
  const tally = new TrafficTally();
  for await (const rows of trace.batches()) {
    for (const row of rows) tally.add(classifyRequest(row, policy), row.inputTokens);
  }
  return tally.figures(trace.spanMs);
}
