import { BadInput } from '../../src/config/bad-input.ts';
import { drawUniform, hashIntegers } from '../../src/router/keyed-draw.ts';
import { GAMMA_SALTS } from '../distributions/gamma.ts';
import { gammaGaps, weibullGaps } from '../distributions/gaps.ts';
import { drawOpenUniform } from '../distributions/open-uniform.ts';
import { tokenQuantile, wholeTokens } from '../distributions/token-lengths.ts';
import { DATASET_DRAW } from '../draw-purpose.ts';
import type { TraceRow } from '../trace.ts';
import { assumedRow, type AssumedRequest, type Importer } from './importer.ts';
import { readServeGenFiles, WINDOW_SECONDS, type RateWindow, type TokenWindow } from './servegen-files.ts';

export interface ServeGenOptions extends Omit<AssumedRequest, 'clientKey'> {
  /** The data set's model, for example `m-small`. */
  readonly serveGenModel: string;
  /** Start of the part to take, seconds from the start of the data. */
  readonly startSeconds: number;
  /** Length of the part to take, > 0. */
  readonly hours: number;
  /** Multiplies every client's rate, > 0. */
  readonly scale: number;
  /** Only so many clients, the busiest of the part; `null` for all. */
  readonly clientLimit: number | null;
  /** Base of all draws. */
  readonly seed: number;
}

const WINDOW_MS = WINDOW_SECONDS * 1_000;

/**
 * ServeGen client statistics: rates per client and 600 s window become arrivals, token statistics become lengths.
 *
 * A window has rate x 600 x scale arrivals (rounded at random, so that the mean is exact), apart by gaps of the window's
 * fitted Gamma or Weibull distribution, stretched by 1 / scale. Where the gaps overrun the window they are shrunk to it;
 * where they leave room, the burst lies anywhere in it. Lengths are lognormal with the client's mean and p95; clients
 * without token statistics borrow those of a client of the same model.
 */
export const importServeGen: Importer<ServeGenOptions> = async function* (files, options, rejects) {
  const { rates, tokens } = await readServeGenFiles(files, rejects, options.serveGenModel);
  const windows = selectWindows(rates, options);
  const lengthsOf = tokenStatistics(tokens, options);
  for (const window of windows) yield windowRows(window, lengthsOf(window), options);
};

function selectWindows(rates: readonly RateWindow[], options: ServeGenOptions): readonly RateWindow[] {
  const end = options.startSeconds + options.hours * 3_600;
  const selected = rates.filter((window) => window.startSeconds >= options.startSeconds && window.startSeconds < end);
  if (selected.length === 0) {
    throw new BadInput(
      `servegen: model ${options.serveGenModel} has no traffic from ${options.startSeconds} s to ${end} s; choose another --day, --start or --hours`,
    );
  }
  const byTime = selected.sort((a, b) => a.startSeconds - b.startSeconds || a.client - b.client);
  if (options.clientLimit === null) return byTime;
  const volumes = new Map<number, number>();
  for (const window of selected) volumes.set(window.client, (volumes.get(window.client) ?? 0) + window.ratePerSecond);
  const busiest = [...volumes].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, options.clientLimit);
  const kept = new Set(busiest.map(([client]) => client));
  return byTime.filter((window) => kept.has(window.client));
}

/** Finds the statistics that hold for a client in a window: the latest before it, else the client's first. */
function tokenStatistics(
  tokens: readonly TokenWindow[],
  options: ServeGenOptions,
): (window: RateWindow) => TokenWindow {
  const byClient = new Map<number, TokenWindow[]>();
  for (const entry of tokens.toSorted((a, b) => a.startSeconds - b.startSeconds)) {
    const known = byClient.get(entry.client);
    if (known === undefined) byClient.set(entry.client, [entry]);
    else known.push(entry);
  }
  const clients = [...byClient.keys()].sort((a, b) => a - b);
  if (clients.length === 0) {
    throw new BadInput(
      `servegen: no token statistics for model ${options.serveGenModel} in the files; name the client_token_stats file too, or choose another --model`,
    );
  }
  return (window) => {
    const lender = Math.floor(
      drawUniform(options.seed, window.client, 0, DATASET_DRAW.serveGenBorrow) * clients.length,
    );
    const entries = byClient.get(window.client) ?? byClient.get(clients[lender] ?? -1) ?? [];
    const entry = entries.findLast((candidate) => candidate.startSeconds <= window.startSeconds) ?? entries[0];
    if (entry === undefined) throw new Error(`no token statistics for client ${window.client}`);
    return entry;
  };
}

function windowRows(window: RateWindow, tokens: TokenWindow, options: ServeGenOptions): readonly TraceRow[] {
  const { seed, scale, startSeconds } = options;
  const windowNumber = window.startSeconds / WINDOW_SECONDS;
  const key = hashIntegers(seed, window.client, windowNumber, DATASET_DRAW.serveGenCount);
  const expected = window.ratePerSecond * WINDOW_SECONDS * scale;
  const count = Math.floor(expected + drawUniform(seed, key, 0, DATASET_DRAW.serveGenCount));
  const offsets = arrivalOffsets(window, count, key, options);
  const inputLength = tokenQuantile(tokens.input);
  const outputLength = tokenQuantile(tokens.output);
  const assumed: AssumedRequest = { ...options, clientKey: `${window.model}-${window.client}` };
  const windowStartMs = (window.startSeconds - startSeconds) * 1_000;
  return offsets.map((offsetMs, index) =>
    assumedRow(assumed, {
      arrivalMs: windowStartMs + offsetMs,
      requestId: `c${window.client}-w${windowNumber}-${String(index).padStart(6, '0')}`,
      inputTokens: wholeTokens(inputLength(drawOpenUniform(seed, key, index, DATASET_DRAW.serveGenInput))),
      outputTokens: wholeTokens(outputLength(drawOpenUniform(seed, key, index, DATASET_DRAW.serveGenOutput))),
    }),
  );
}

/** Arrivals of a window, ms from its start, rising. */
function arrivalOffsets(window: RateWindow, count: number, key: number, options: ServeGenOptions): readonly number[] {
  const { seed, scale } = options;
  const draw = (window.family === 'Gamma' ? gammaGaps : weibullGaps)(
    window.shape,
    (window.scaleSeconds * 1_000) / scale,
  );
  const offsets: number[] = [];
  let total = 0;
  for (let index = 0; index < count; index++) {
    total += draw(seed, key, index * GAMMA_SALTS, DATASET_DRAW.serveGenGap);
    offsets.push(total);
  }
  // The gap after the last arrival belongs to the window as well.
  total += draw(seed, key, count * GAMMA_SALTS, DATASET_DRAW.serveGenGap);
  const shrink = Math.min(1, WINDOW_MS / total);
  const start = (WINDOW_MS - total * shrink) * drawUniform(seed, key, 0, DATASET_DRAW.serveGenOffset);
  return offsets.map((offset) => start + offset * shrink);
}
