/** A twin of which the log has no streams: first token and pace from how long whole answers took. */
import { KIND_CODE, type AttemptTable, type RowSubset } from '../attempt-table.ts';
import { fitSum, sumFitOf } from './robust-sum.ts';
import type { Estimate } from '../estimate.ts';
import { createTimeBlocks, expandedInterval } from './time-blocks.ts';

const ANSWERS_MIN = 10;
/** Output must vary by this ratio between its quartiles, or the pace cannot be told from the first token. */
const OUTPUT_RATIO_MIN = 1.2;

export interface WholeAnswerFit {
  readonly answers: number;
  /** Median first token whatever the input, ms. */
  readonly firstTokenMs: Estimate;
  readonly interTokenMs: Estimate;
  /** Of ln, of each of the two. */
  readonly sigma: Estimate;
  /** False: the pace is 0 and all the time is the first token's. */
  readonly isPaceSeen: boolean;
}

/**
 * duration = (T + (outputTokens - 1) x i) x noise, for answers without a stream that were seen to their end.
 *
 * @returns `null` when there are fewer than ten
 */
export function fitWholeAnswers(
  table: AttemptTable,
  rows: RowSubset,
  twin: number,
  isFair: Uint8Array | null,
  seed: number,
): WholeAnswerFit | null {
  const isOfTwin = Uint8Array.from(table.targets, (target) => (target.twin === twin ? 1 : 0));
  const wanted = rows.filter(
    (row) =>
      isOfTwin[table.target[row]!] === 1 &&
      (isFair === null || isFair[row] === 1) &&
      table.stream[row] === 0 &&
      table.kind[row] === KIND_CODE.success &&
      table.outputTokens[row]! >= 1 &&
      table.durationMs[row]! > 0,
  );
  const answers = wanted.length;
  if (answers < ANSWERS_MIN) return null;
  const durations = Float64Array.from(wanted, (row) => table.durationMs[row]!);
  const gaps = Float64Array.from(wanted, (row) => table.outputTokens[row]! - 1);
  const sortedGaps = Float64Array.from(gaps).sort();
  const [few, many] = [sortedGaps[answers >> 2]!, sortedGaps[(3 * answers) >> 2]!];
  const isPaceSeen = many + 1 >= OUTPUT_RATIO_MIN * (few + 1);
  const seen = isPaceSeen ? gaps : new Float64Array(answers);
  const median = Float64Array.from(durations).sort()[answers >> 1]!;
  const blocks = createTimeBlocks(
    Float64Array.from(wanted, (row) => table.sentAtMs[row]!),
    0,
    seed,
  );
  const middleGap = Math.max(1, sortedGaps[answers >> 1]!);
  const start = isPaceSeen ? { a: median / 2, b: median / 2 / middleGap } : { a: median, b: 0 };
  const ones = new Float64Array(answers).fill(1);
  const fit = fitSum(durations, ones, seen, start, blocks.of, blocks.count);
  // The noise of two independent parts is narrower than that of each: by the squares of their shares of the whole.
  let squares = 0;
  for (const gap of seen) {
    const share = fit.a / (fit.a + fit.b * gap);
    squares += (share * share + (1 - share) * (1 - share)) / answers;
  }
  const widening = 1 / Math.sqrt(squares);
  const { replicates, multiplicities } = blocks.resampling;
  const drawn = Array.from({ length: replicates }, (_, replicate) =>
    sumFitOf(fit, multiplicities, replicate * blocks.count),
  );
  const used = new Set(blocks.of).size;
  const interval = (value: number, of: (one: (typeof drawn)[number]) => number): Estimate =>
    expandedInterval(value, Float64Array.from(drawn, of), used);
  return {
    answers,
    firstTokenMs: interval(fit.a, ({ a }) => a),
    interTokenMs: interval(fit.b, ({ b }) => b),
    sigma: interval(fit.sigma * widening, ({ sigma }) => sigma * widening),
    isPaceSeen,
  };
}
