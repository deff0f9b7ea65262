import type { Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { TroubleFit } from '../../../simulator/calibrate/fitted-twin.ts';
import { formatMs, formatPercent, formatPlain } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { intervalText } from './parameter-table.ts';

/** One row a provider: how long its states last and what they do. */
export function troubleTable({ troubles }: Calibration): Table {
  return {
    id: 'provider-trouble',
    caption: 'Trouble of each provider: shares of time, usual lengths and effects',
    columns: [
      leftColumn('Provider'),
      rightColumn('Degraded'),
      rightColumn('Down'),
      rightColumn('Fair spells last'),
      rightColumn('Degraded for'),
      rightColumn('Failures while degraded'),
      rightColumn('Slower by'),
      rightColumn('Down for'),
      rightColumn('Failures while down'),
    ],
    rows: troubles.map((trouble) => [trouble.provider, ...cellsOf(trouble)]),
    wraps: true,
    paints: [],
  };
}

function cellsOf({ weather, intervals }: TroubleFit): readonly string[] {
  if (weather === null) return ['none that lasted', ...Array.from({ length: 7 }, () => '–')];
  const share = (which: 'degradedShare' | 'downShare'): string => {
    const estimate = intervals?.[which];
    if (estimate === undefined) return '–';
    const interval = intervalText(estimate, formatPercent);
    return `${formatPercent(estimate.value)}${interval === '–' ? '' : ` (${interval})`}`;
  };
  return [
    share('degradedShare'),
    share('downShare'),
    formatMs(weather.up.medianMs),
    formatMs(weather.degraded.medianMs),
    formatPercent(weather.degraded.failureProbability),
    `× ${formatPlain(weather.degraded.latencyFactor)}`,
    formatMs(weather.down.medianMs),
    formatPercent(weather.down.failureProbability),
  ];
}
