import type { Prices } from '../../../src/router/pool.ts';
import { FATE, fateReader } from '../attempt-fate.ts';
import type { AttemptTable, LoggedTwin, RowSubset } from '../attempt-table.ts';
import type { Estimate } from '../estimate.ts';
import type { PriceFit } from '../fitted-twin.ts';
import { rowsSentTo } from '../rows-sent-to.ts';
import { nonNegativeLeastSquares } from './non-negative-least-squares.ts';

/** Prices of public lists; null for a model that is on none. */
export type KnownPrices = (provider: string, model: string) => Prices | null;

/** Prices explain a log when they are off by less than this, rounding apart. */
const EXPLAINED_ERROR = 0.02;
/** Fewer bills than this are not taken apart into prices. */
const FITTED_ROWS_MIN = 30;
/** Of more, every so-manieth: prices are known to many digits by then. */
const FITTED_ROWS_MAX = 40_000;
/** Logged costs are whole micro-USD: half of one either way, uniformly. */
const ROUNDING_MICRO_USD = 0.5;
const ROUNDING_VARIANCE = 1 / 12;
/** Scatter of bills that counts as noise besides rounding, as a part of the bill. */
const BILL_NOISE = 0.005;
/** From here on columns of tokens go together so closely that their prices cannot be told apart. */
const COLLINEAR = 10_000;
const Z95 = 1.959963984540054;

/**
 * What a twin's provider charges: the pool's prices when they explain the logged costs, else those of a public list
 * when they do, else prices fitted to the costs of answers in full, as non-negative least squares on tokens of uncached
 * input, cache reads, cache writes and output.
 *
 * @param rows attempts of any twins
 */
export function fitPrices(
  table: AttemptTable,
  rows: RowSubset,
  twin: number,
  poolPrices: Prices | null,
  knownPrices: KnownPrices,
): PriceFit {
  const { provider, model } = table.twins[twin] ?? { provider: '', model: '' };
  const own = rowsSentTo(table, rows, (target) => target.twin === twin);
  const fate = fateReader(table);
  const counted = own.filter((row) => fate(row) === FATE.answered && tokensOf(table, row) > 0);
  const bills = counted.filter((row) => table.costMicroUsd[row]! > 0);
  const aborted = own.filter((row) => fate(row) === FATE.aborted && table.inputTokens[row]! > 0);
  const billing = billsAborted(table, aborted, `${provider} ${model}`);

  const known = knownPrices(provider, model);
  const given: readonly Candidate[] = [
    ...(poolPrices === null ? [] : [{ prices: poolPrices, source: 'pool' } as const]),
    ...(known === null ? [] : [{ prices: known, source: 'genai-prices' } as const]),
  ];
  const chosen = choosePrices(table, counted, bills, given, { provider, model });
  return {
    prices: {
      inputMicroUsdPerToken: chosen.prices.inputMicroUsdPerToken,
      outputMicroUsdPerToken: chosen.prices.outputMicroUsdPerToken,
      cacheReadMicroUsdPerToken: chosen.prices.cacheReadMicroUsdPerToken,
      cacheWriteMicroUsdPerToken: chosen.prices.cacheWriteMicroUsdPerToken,
      billsAborted: billing.isBilled,
    },
    source: chosen.source,
    intervals: chosen.intervals,
    relativeError: relativeError(table, bills, chosen.prices, 0),
    notes: [...chosen.notes, ...billing.notes],
  };
}

interface Candidate {
  readonly prices: Prices;
  readonly source: PriceFit['source'];
}

interface ChosenPrices extends Candidate {
  readonly intervals: PriceFit['intervals'];
  readonly notes: readonly string[];
}

function choosePrices(
  table: AttemptTable,
  counted: RowSubset,
  bills: RowSubset,
  given: readonly Candidate[],
  { provider, model }: LoggedTwin,
): ChosenPrices {
  const name = `${provider} ${model}`;
  const unbilled = counted.length - bills.length;
  const plain = (candidate: Candidate, notes: readonly string[]): ChosenPrices => ({
    ...candidate,
    intervals: null,
    notes,
  });
  if (bills.length === 0) {
    const [first] = given;
    if (first !== undefined)
      return plain(first, [`${name}: no costs in the log; its prices are those that were given`]);
    return plain({ prices: pricesOf(0, 0, 0, 0), source: 'fitted' }, [
      `${name}: no costs in the log; taken to be free`,
    ]);
  }
  const notes =
    unbilled > 0.1 * counted.length
      ? [`${name}: ${unbilled} answers have no cost; prices are fitted on the others`]
      : [];
  for (const candidate of given) {
    const error = relativeError(table, bills, candidate.prices, ROUNDING_MICRO_USD);
    if (error !== null && error < EXPLAINED_ERROR) return plain(candidate, notes);
  }
  if (bills.length < FITTED_ROWS_MIN) {
    const few = `${name}: only ${bills.length} answers with a cost, too few to take apart`;
    const [first] = given;
    if (first !== undefined)
      return plain(first, [...notes, `${few}; the prices given are kept though they do not explain them`]);
    return plain(blendedPrices(table, bills), [...notes, `${few}; every token is taken to cost the same`]);
  }
  const fitted = fittedPrices(table, bills, name);
  return { ...fitted, notes: [...notes, ...fitted.notes] };
}

function blendedPrices(table: AttemptTable, bills: RowSubset): Candidate {
  let cost = 0;
  let tokens = 0;
  for (const row of bills) {
    cost += table.costMicroUsd[row]!;
    tokens += tokensOf(table, row);
  }
  const each = cost / tokens;
  return { prices: pricesOf(each, each, each, each), source: 'fitted' };
}

function fittedPrices(table: AttemptTable, allBills: RowSubset, name: string): ChosenPrices {
  const step = Math.ceil(allBills.length / FITTED_ROWS_MAX);
  const bills = allBills.filter((_, index) => index % step === 0);
  const columns = [uncachedTokens, cacheReads, cacheWrites, outputs].map((read) =>
    Float64Array.from(bills, (row) => read(table, row)),
  );
  const costs = Float64Array.from(bills, (row) => table.costMicroUsd[row]!);
  const weights = costs.map((cost) => 1 / (ROUNDING_VARIANCE + (BILL_NOISE * cost) ** 2));
  const { coefficients, standardErrors, collinearity } = nonNegativeLeastSquares(columns, costs, weights);
  const [input = 0, cacheRead = 0, cacheWrite = 0, output = 0] = coefficients;
  const [hasReads, hasWrites] = [columns[1]!, columns[2]!].map((column) => column.some((tokens) => tokens > 0));
  const interval = (column: number): Estimate => {
    const value = coefficients[column]!;
    const reach = Z95 * standardErrors[column]!;
    return { value, low95: Math.max(0, value - reach), high95: value + reach };
  };
  const notes: string[] = [
    `${name}: prices are fitted on ${bills.length} logged costs; none that were given explain them`,
  ];
  if (!hasReads!) notes.push(`${name}: no cache reads in the log; they are taken to cost what input costs`);
  if (collinearity > COLLINEAR) {
    notes.push(`${name}: its tokens of input and output go together, so the prices are right only in sum`);
  }
  return {
    prices: pricesOf(input, output, hasReads! ? cacheRead : input, hasWrites! ? cacheWrite : input),
    source: 'fitted',
    intervals: { input: interval(0), output: interval(3), cacheRead: hasReads! ? interval(1) : null },
    notes,
  };
}

/** Whether what was produced before an answer broke off is charged: by most of those that broke off. */
function billsAborted(
  table: AttemptTable,
  aborted: RowSubset,
  name: string,
): { readonly isBilled: boolean; readonly notes: readonly string[] } {
  if (aborted.length === 0)
    return { isBilled: true, notes: [`${name}: no answer broke off; such are taken to be billed`] };
  const billed = aborted.reduce((count, row) => (table.costMicroUsd[row]! > 0 ? count + 1 : count), 0);
  return { isBilled: billed * 2 > aborted.length, notes: [] };
}

/** Mean of |bill by the prices / logged cost - 1|, of which so much of the bill is forgiven; null without costs. */
function relativeError(table: AttemptTable, bills: RowSubset, prices: Prices, forgivenMicroUsd: number): number | null {
  let sum = 0;
  for (const row of bills) {
    const cost = table.costMicroUsd[row]!;
    const bill =
      uncachedTokens(table, row) * prices.inputMicroUsdPerToken +
      cacheReads(table, row) * prices.cacheReadMicroUsdPerToken +
      cacheWrites(table, row) * prices.cacheWriteMicroUsdPerToken +
      outputs(table, row) * prices.outputMicroUsdPerToken;
    sum += Math.max(0, Math.abs(bill - cost) - forgivenMicroUsd) / cost;
  }
  return bills.length === 0 ? null : sum / bills.length;
}

function pricesOf(input: number, output: number, cacheRead: number, cacheWrite: number): Prices {
  return {
    inputMicroUsdPerToken: input,
    outputMicroUsdPerToken: output,
    cacheReadMicroUsdPerToken: cacheRead,
    cacheWriteMicroUsdPerToken: cacheWrite,
  };
}

/** Neither read from the cache nor written to it: as `costMicroUsd` of the twins counts. */
function uncachedTokens(table: AttemptTable, row: number): number {
  return Math.max(0, table.inputTokens[row]! - cacheReads(table, row) - cacheWrites(table, row));
}

function cacheReads(table: AttemptTable, row: number): number {
  return table.cacheReadTokens[row]!;
}

function cacheWrites(table: AttemptTable, row: number): number {
  return table.cacheWriteTokens[row]!;
}

function outputs(table: AttemptTable, row: number): number {
  return table.outputTokens[row]!;
}

function tokensOf(table: AttemptTable, row: number): number {
  return table.inputTokens[row]! + table.outputTokens[row]!;
}
