import { contentHash } from '../../src/config/content-hash.ts';
import { drawUniform } from '../../src/router/keyed-draw.ts';
import { DATASET_DRAW } from '../draw-purpose.ts';
import type { TraceRow, TraceSource } from '../trace.ts';
import { arrivalTimes } from './arrivals.ts';
import { clientRequests } from './client-requests.ts';
import { checkSettings, type GeneratorInput, type GeneratorSettings } from './settings.ts';

/** Changes whenever the same settings give other rows. */
const GENERATOR_VERSION = 1;

/** Small enough for a batch to be read while it is still in the processor's cache. */
const BATCH_ROWS = 2_048;

/** Ids count from a power of ten on, so that all have equally many digits and sort as their numbers do. */
const ID_DIGITS_MIN = 6;

/**
 * A synthetic trace: exactly `requests` requests within `hours`. Rows are made while they are read, in constant memory,
 * and are the same in every process: all draws are keyed by (seed, request, purpose).
 *
 * @throws BadInput for settings that make no sense
 */
export function generateTrace(input: GeneratorInput): TraceSource {
  const settings = checkSettings(input);
  let spanMs: number | undefined;
  return {
    name: `generated (${settings.requests} requests over ${settings.hours} h, seed ${settings.seed})`,
    sha256: contentHash({ generatorVersion: GENERATOR_VERSION, settings }),
    requests: settings.requests,
    // Costs a pass over all arrivals, so it waits until someone asks.
    get spanMs() {
      return (spanMs ??= lastArrival(settings));
    },
    batches: () => generateBatches(settings),
  };
}

function lastArrival(settings: GeneratorSettings): number {
  let last = 0;
  for (const arrivalMs of arrivalTimes(settings)) last = arrivalMs;
  return last;
}

async function* generateBatches(settings: GeneratorSettings): AsyncGenerator<readonly TraceRow[]> {
  const { seed, requests, prefixBlockTokens, clients, instructions } = settings;
  const idBase = 10 ** Math.max(ID_DIGITS_MIN, String(requests - 1).length);
  const upTo = cumulativeShares(clients.length, settings.zipfExponent);
  const makers = clients.map((client, clientIndex) =>
    clientRequests(client, { clientIndex, ownerOffset: clients.length, seed, prefixBlockTokens, idBase, instructions }),
  );
  let index = 0;
  let batch: TraceRow[] = [];
  for (const arrivalMs of arrivalTimes(settings)) {
    const make = makers[pickClient(upTo, drawUniform(seed, index, 0, DATASET_DRAW.client))];
    if (make === undefined) throw new Error('a draw beyond the last client');
    batch.push(make(index, arrivalMs, `r${idBase + index}`));
    index++;
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Of a Zipf law: the share of the first n clients, for each n; the last is 1. */
function cumulativeShares(clients: number, exponent: number): readonly number[] {
  const weights = Array.from({ length: clients }, (_, index) => (index + 1) ** -exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const shares = weights.map((weight) => (sum += weight) / total);
  return [...shares.slice(0, -1), 1];
}

/** The first client whose cumulative share exceeds u. */
function pickClient(upTo: readonly number[], u: number): number {
  let low = 0;
  let high = upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((upTo[middle] as number) > u) high = middle;
    else low = middle + 1;
  }
  return low;
}
