/**
 * Textbook queues inside the simulator's own machinery: Poisson arrivals, one target whose key lets `servers`
 * attempts through at once and lets `capacity - servers` requests wait, and a twin whose whole answer takes one draw
 * of the service time. Router, twins and event loop are the real ones; only the clients are patient for ever.
 */
import type { TraceRow, TraceSource } from '../../../datasets/trace.ts';
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../../src/router/keyed-draw.ts';
import type { ClientCall } from '../../replay/client-call.ts';
import { replay, type ReplayObserver } from '../../replay/replay.ts';
import type { Residual } from '../../scenario.ts';
import { ONE_PATIENT_ATTEMPT } from './patient-policy.ts';
import { queueScenario } from './queue-scenario.ts';

/** Mean service time, ms. */
export const MEAN_SERVICE_MS = 1_000;
const ARRIVAL_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 900;
const BATCH_ROWS = 2_048;
/** Ids of one length. */
const FIRST_ID = 1_000_000;

const CUSTOMER: TraceRow = {
  requestId: '',
  arrivalMs: 0,
  clientKey: 'team',
  sessionId: null,
  protocol: 'openai',
  model: 'auto',
  declaredClass: null,
  declaredPriority: null,
  inputTokens: 10,
  outputTokens: 1,
  maxOutputTokens: null,
  stream: false,
  hasTools: false,
  hasImage: false,
  prefixBlocks: null,
  steering: null,
  recorded: null,
};

export interface Queue {
  readonly servers: number;
  /** Most customers in the system; Infinity lets everybody wait. */
  readonly capacity: number;
  /** Arrival rate x mean service / servers. */
  readonly load: number;
  /** Service time, in multiples of {@link MEAN_SERVICE_MS} / its own mean. */
  readonly service: Residual;
  /** Mean of `service`. */
  readonly serviceMean: number;
}

/** What one run measured, over customers after the warm-up. Times in ms, numbers as time averages. */
export interface QueueRun {
  readonly meanWait: number;
  readonly meanTimeInSystem: number;
  readonly meanNumberInSystem: number;
  readonly utilisation: number;
  readonly waitProbability: number;
  readonly blockingProbability: number;
  /** Arrival rate of those let in x their mean time in system; Little's law says: `meanNumberInSystem`. */
  readonly littleNumberInSystem: number;
}

/**
 * @param customers that are counted
 * @param warmUp customers before them, who fill the empty system and are not counted
 */
export async function runQueue(queue: Queue, customers: number, warmUp: number, seed: number): Promise<QueueRun> {
  const meter = new QueueMeter(warmUp, warmUp + customers);
  const scenario = queueScenario(queue.servers, queue.capacity - queue.servers, {
    medianMs: MEAN_SERVICE_MS / queue.serviceMean,
    residual: queue.service,
  });
  const gapMs = MEAN_SERVICE_MS / (queue.load * queue.servers);
  const trace = poissonTrace(warmUp + customers, gapMs, seed);
  await replay(trace, { scenario, policy: ONE_PATIENT_ATTEMPT, seed, observer: meter });
  return meter.result(queue.servers);
}

/** Requests with exponential gaps, made while they are read. */
export function poissonTrace(
  requests: number,
  meanGapMs: number,
  seed: number,
  changes: Partial<TraceRow> = {},
): TraceSource {
  return {
    name: 'poisson',
    sha256: '',
    requests,
    spanMs: requests * meanGapMs,
    batches: async function* () {
      let arrivalMs = 0;
      for (let start = 0; start < requests; start += BATCH_ROWS) {
        const rows: TraceRow[] = [];
        for (let index = start; index < Math.min(requests, start + BATCH_ROWS); index++) {
          arrivalMs += -Math.log1p(-drawUniform(seed, index, 0, ARRIVAL_PURPOSE)) * meanGapMs;
          rows.push({ ...CUSTOMER, requestId: `r${FIRST_ID + index}`, arrivalMs, ...changes });
        }
        yield rows;
      }
    },
  };
}

/** Averages over the customers between two places in the trace, and over the time between their arrivals. */
class QueueMeter implements ReplayObserver {
  private readonly from: number;
  private readonly to: number;
  private startMs = -1;
  private stopMs = -1;
  private lastMs = 0;
  private inSystem = 0;
  private inService = 0;
  private systemArea = 0;
  private serviceArea = 0;
  private arrivals = 0;
  private blocked = 0;
  private delayed = 0;
  private served = 0;
  private waitSum = 0;
  private systemSum = 0;

  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
  }

  timeMoves(_router: unknown, nowMs: number): void {
    if (this.startMs >= 0 && this.stopMs < 0) {
      this.systemArea += this.inSystem * (nowMs - this.lastMs);
      this.serviceArea += this.inService * (nowMs - this.lastMs);
    }
    this.lastMs = nowMs;
  }

  arrived(call: ClientCall, nowMs: number): void {
    if (call.sequence === this.from) this.startMs = nowMs;
    if (call.sequence === this.to - 1) this.stopMs = nowMs;
    this.inSystem++;
    if (this.isCounted(call)) this.arrivals++;
  }

  sent(call: ClientCall, _command: unknown, nowMs: number): void {
    this.inService++;
    if (!this.isCounted(call)) return;
    const waitedMs = nowMs - call.arrivedAtMs;
    this.waitSum += waitedMs;
    if (waitedMs > 0) this.delayed++;
  }

  attemptEnded(): void {
    this.inService--;
  }

  completed(call: ClientCall, _outcome: unknown, nowMs: number): void {
    this.inSystem--;
    if (!this.isCounted(call)) return;
    this.served++;
    this.systemSum += nowMs - call.arrivedAtMs;
  }

  rejected(call: ClientCall): void {
    this.inSystem--;
    if (this.isCounted(call)) this.blocked++;
  }

  cancelled(): void {
    throw new Error('a patient client left');
  }

  result(servers: number): QueueRun {
    const spanMs = this.stopMs - this.startMs;
    const meanTimeInSystem = this.systemSum / this.served;
    return {
      meanWait: this.waitSum / this.served,
      meanTimeInSystem,
      meanNumberInSystem: this.systemArea / spanMs,
      utilisation: this.serviceArea / (spanMs * servers),
      waitProbability: this.delayed / this.arrivals,
      blockingProbability: this.blocked / this.arrivals,
      littleNumberInSystem: (this.served / spanMs) * meanTimeInSystem,
    };
  }

  private isCounted({ sequence }: ClientCall): boolean {
    return sequence >= this.from && sequence < this.to;
  }
}
