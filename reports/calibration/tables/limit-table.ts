import type { CalibratedTwin, Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { RateLimitFit } from '../../../simulator/calibrate/fitted-twin.ts';
import type { Estimate } from '../../../simulator/calibrate/estimate.ts';
import { formatCount, formatPercent, formatPlain, formatSpan, formatUsd, plural } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { intervalText } from './parameter-table.ts';

const SOURCES: Readonly<Record<CalibratedTwin['prices']['source'], string>> = {
  pool: 'the pool',
  'genai-prices': 'a public price list',
  fitted: 'the bills',
};

/** One row a twin: limits, prices and prompt cache. */
export function limitTable({ twins }: Calibration): Table {
  return {
    id: 'limits-and-prices',
    caption: 'Limits, prices and prompt caches',
    columns: [
      leftColumn('Twin'),
      rightColumn('429s seen'),
      rightColumn('Requests a minute'),
      rightColumn('Tokens a minute'),
      rightColumn('USD per million: input · output · from cache'),
      leftColumn('Prices from'),
      rightColumn('Bills off by'),
      rightColumn('Input from caches'),
      rightColumn('Cache kept for'),
    ],
    rows: twins.map(({ provider, model, rateLimit, prices, promptCache }) => [
      `${provider} ${model}`,
      formatCount(rateLimit.limited),
      limitText(rateLimit, rateLimit.intervals.requestsPerMinute),
      limitText(rateLimit, rateLimit.intervals.tokensPerMinute),
      [
        prices.prices.inputMicroUsdPerToken,
        prices.prices.outputMicroUsdPerToken,
        prices.prices.cacheReadMicroUsdPerToken,
      ]
        // A micro-USD per token is a USD per million tokens.
        .map(formatUsd)
        .join('\u00a0· '),
      SOURCES[prices.source],
      formatPercent(prices.relativeError, 2),
      formatPercent(promptCache.readRatio),
      promptCache.promptCache === null ? 'no cache' : formatSpan(promptCache.promptCache.ttlMs),
    ]),
    wraps: true,
    paints: [],
  };
}

/** Both limits are unknown where no 429 fits one; one of them is where the other explains all. */
function limitText({ limited, tooFew, intervals }: RateLimitFit, limit: Estimate | null): string {
  if (limit !== null) {
    const interval = intervalText(limit, formatPlain);
    return `${formatPlain(limit.value)}${interval === '–' ? '' : ` (${interval})`}`;
  }
  if (limited === 0) return 'none seen';
  if (tooFew) return `no limit found: only ${plural(limited, 'refusal')}`;
  return intervals.requestsPerMinute === null && intervals.tokensPerMinute === null
    ? `no limit fits ${plural(limited, 'refusal')}`
    : 'none needed';
}
