import type { CalibratedTwin, Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { Estimate } from '../../../simulator/calibrate/estimate.ts';
import { formatCount, formatMs, formatPercent, formatPlain, formatSigned, type Formatter } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';

const percent: Formatter = (ratio) => formatPercent(ratio, 2);

/** One column a parameter would be too wide: one row a twin and parameter. */
export function parameterTable({ twins }: Calibration): Table {
  return {
    id: 'parameters',
    caption: 'Parameters of each twin',
    columns: [leftColumn('Twin'), leftColumn('Parameter'), rightColumn('Value'), rightColumn('95 % interval')],
    rows: twins.flatMap((twin) =>
      parametersOf(twin).map(([name, estimate, format]) => [
        `${twin.provider} ${twin.model}`,
        name,
        format(estimate.value),
        intervalText(estimate, format),
      ]),
    ),
    paints: [],
  };
}

function parametersOf({
  attempts,
  latency,
  errors,
}: CalibratedTwin): readonly (readonly [string, Estimate, Formatter])[] {
  const { intervals } = latency;
  return [
    ['attempts fitted on', exactly(attempts), formatCount],
    ['first tokens seen', exactly(latency.observed), formatCount],
    ['first tokens cut off by somebody’s patience', exactly(latency.censored), formatCount],
    ['first token, median at 1,000 uncached tokens', intervals.firstTokenMedianMs, formatMs],
    ['growth of the first token with size (b1)', intervals.b1, formatPlain],
    ['growth of the first token with load', intervals.load, formatPlain],
    ['swings of the provider’s own load (sigma)', intervals.driftSigma, formatPlain],
    ['cold starts', intervals.coldStartProbability, percent],
    ['time per token', intervals.interTokenMs, formatMs],
    ['time per token for each other attempt', intervals.interTokenLoadMs, formatMs],
    ['spread of the time per token (sigma)', intervals.interTokenSigma, formatPlain],
    ['server errors', errors.intervals.serverError, percent],
    ['connections that time out', errors.intervals.connectTimeout, percent],
    ['answers that break off', errors.intervals.midStreamAbort, percent],
  ];
}

function exactly(value: number): Estimate {
  return { value, low95: null, high95: null };
}

/** `a to b`, or a dash where the data give none. */
export function intervalText({ low95, high95 }: Estimate, format: Formatter): string {
  if (low95 === null || high95 === null) return '–';
  return low95 < 0
    ? `${formatSigned(low95, format)} to ${formatSigned(high95, format)}`
    : `${format(low95)} to ${format(high95)}`;
}
