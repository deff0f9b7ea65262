/** Time per output token of a twin, from streams that were seen to their end. */
import type { TwinDefinition } from '../../scenario.ts';
import { KIND_CODE, type AttemptTable, type RowSubset } from '../attempt-table.ts';
import type { Estimate } from '../estimate.ts';
import { fitSum, sumFitOf } from './robust-sum.ts';
import { createTimeBlocks, expandedInterval } from './time-blocks.ts';

/** Shorter answers say little of the pace. */
const OUTPUT_TOKENS_MIN = 8;
const PACES_MIN = 10;
/** What a twin has that nobody wrote anything about. */
export const INTER_TOKEN_DEFAULT: TwinDefinition['interToken'] = { aMs: 15, bMs: 0.1, sigma: 0.15 };

export interface InterTokenFit {
  readonly interToken: TwinDefinition['interToken'];
  readonly interTokenMs: Estimate;
  readonly interTokenLoadMs: Estimate;
  readonly interTokenSigma: Estimate;
  readonly notes: readonly string[];
}

/** @param isFair by row of the table; `null` = all */
export function fitInterToken(
  table: AttemptTable,
  rows: RowSubset,
  twin: number,
  isFair: Uint8Array | null,
  seed: number,
): InterTokenFit {
  const paces = pacesOf(table, rows, twin, isFair);
  const size = paces.ms.length;
  if (size < PACES_MIN) {
    const note = `${size} streams of ${OUTPUT_TOKENS_MIN} tokens or more, ${PACES_MIN} are needed: the time per token is `;
    if (size === 0) return unfitted(INTER_TOKEN_DEFAULT, `${note}the default of a twin`);
    const aMs = Float64Array.from(paces.ms).sort()[size >> 1]!;
    return unfitted({ aMs, bMs: 0, sigma: INTER_TOKEN_DEFAULT.sigma }, `${note}their median alone`);
  }
  const blocks = createTimeBlocks(paces.sentAtMs, 0, seed);
  const ones = new Float64Array(size).fill(1);
  const median = Float64Array.from(paces.ms).sort()[size >> 1]!;
  const fit = fitSum(paces.ms, ones, paces.inFlight, { a: median, b: 0 }, blocks.of, blocks.count);
  const { replicates, multiplicities } = blocks.resampling;
  const drawn = Array.from({ length: replicates }, (_, replicate) =>
    sumFitOf(fit, multiplicities, replicate * blocks.count),
  );
  const used = new Set(blocks.of).size;
  const interval = (value: number, of: (one: (typeof drawn)[number]) => number): Estimate =>
    expandedInterval(value, Float64Array.from(drawn, of), used);
  const isLoadSeen = paces.inFlight.some((others) => others !== paces.inFlight[0]);
  return {
    interToken: { aMs: fit.a, bMs: fit.b, sigma: fit.sigma },
    interTokenMs: interval(fit.a, ({ a }) => a),
    interTokenLoadMs: isLoadSeen ? interval(fit.b, ({ b }) => b) : { value: fit.b, low95: null, high95: null },
    interTokenSigma: interval(fit.sigma, ({ sigma }) => sigma),
    notes: [],
  };
}

export function unfitted(interToken: TwinDefinition['interToken'], note: string): InterTokenFit {
  const blank = (value: number): Estimate => ({ value, low95: null, high95: null });
  return {
    interToken,
    interTokenMs: blank(interToken.aMs),
    interTokenLoadMs: blank(interToken.bMs),
    interTokenSigma: blank(interToken.sigma),
    notes: [note],
  };
}

interface Paces {
  readonly ms: Float64Array;
  readonly inFlight: Float64Array;
  readonly sentAtMs: Float64Array;
}

function pacesOf(table: AttemptTable, rows: RowSubset, twin: number, isFair: Uint8Array | null): Paces {
  const isOfTwin = Uint8Array.from(table.targets, (target) => (target.twin === twin ? 1 : 0));
  const wanted = rows.filter(
    (row) =>
      isOfTwin[table.target[row]!] === 1 &&
      (isFair === null || isFair[row] === 1) &&
      table.stream[row] === 1 &&
      table.kind[row] === KIND_CODE.success &&
      table.outputTokens[row]! >= OUTPUT_TOKENS_MIN &&
      table.durationMs[row]! > table.firstTokenMs[row]!,
  );
  return {
    ms: Float64Array.from(
      wanted,
      (row) => (table.durationMs[row]! - table.firstTokenMs[row]!) / (table.outputTokens[row]! - 1),
    ),
    inFlight: Float64Array.from(wanted, (row) => table.othersInFlight[row]!),
    sentAtMs: Float64Array.from(wanted, (row) => table.sentAtMs[row]!),
  };
}
