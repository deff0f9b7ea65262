import type { Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { TroubleFit } from '../../../simulator/calibrate/fitted-twin.ts';
import { square, WIDE, NARROW, type Chart, type Panel } from '../../charts/chart.ts';
import type { Draw } from '../../charts/draw-panel.ts';
import { stripPanel, type StripRow } from '../../charts/strip-rows.ts';
import { formatPercent, listWords, plural } from '../../format.ts';
import { statePaint, type Paint } from '../../palette.ts';

type ProviderState = TroubleFit['spans'][number]['state'];

const PAINTS: Readonly<Record<ProviderState, Paint>> = {
  up: statePaint('healthy'),
  degraded: statePaint('degraded'),
  down: statePaint('unhealthy'),
};

/** When was which provider found in trouble? */
export function providerStates({ source, troubles }: Calibration, draw: Draw): Chart {
  const spanMs = Math.max(1, source.toMs, ...troubles.flatMap(({ spans }) => spans.map(({ endMs }) => endMs)));
  const drawn = troubles.filter(({ spans }) => spans.length > 0);
  const panel = (width: number): Panel =>
    stripPanel({ trace: { spanMs }, faults: [], policies: [], timesOf: 'log' }, draw, {
      width,
      title: null,
      titlePaint: null,
      label: `States found of each provider over time: ${drawn.map((trouble) => `${trouble.provider} ${noteOf(trouble)}`).join(', ')}`,
      rows: drawn.map(rowOf),
    });
  return {
    id: 'provider-states',
    title: titleOf(drawn),
    sentence:
      'States that explain the failures and waits of the rows fitted on; at the right the share of that time in trouble. Where a strip is empty, the rows were kept back.',
    legend: (['up', 'degraded', 'down'] as const).map((state) => square(state, PAINTS[state])),
    panels: drawn.length === 0 ? [] : [panel(WIDE)],
    narrowPanels: drawn.length === 0 ? [] : [panel(NARROW)],
    columns: 1,
  };
}

function rowOf(trouble: TroubleFit): StripRow {
  return {
    name: trouble.provider,
    note: noteOf(trouble),
    cells: trouble.spans.map(({ state, startMs, endMs }) => ({
      x1: Math.max(0, startMs),
      x2: endMs,
      paint: PAINTS[state],
    })),
  };
}

function noteOf(trouble: TroubleFit): string {
  const share = troubleShare(trouble);
  return share === 0 ? 'always up' : `in trouble ${formatPercent(share)}`;
}

function troubleShare({ spans }: TroubleFit): number {
  const length = (states: readonly ProviderState[]): number =>
    spans.reduce((sum, { state, startMs, endMs }) => sum + (states.includes(state) ? endMs - startMs : 0), 0);
  const all = length(['up', 'degraded', 'down']);
  return all > 0 ? length(['degraded', 'down']) / all : 0;
}

function titleOf(troubles: readonly TroubleFit[]): string {
  if (troubles.length === 0) return 'No states of providers were found';
  const troubled = [...troubles]
    .filter((trouble) => troubleShare(trouble) > 0)
    .sort((a, b) => troubleShare(b) - troubleShare(a));
  if (troubled.length === 0) return 'No provider was found in trouble that lasted';
  const words = troubled
    .slice(0, 3)
    .map((trouble) => `${trouble.provider} ${formatPercent(troubleShare(trouble))} of the time`);
  return `${plural(troubled.length, 'provider')} of ${troubles.length} found in trouble: ${listWords(words)}`;
}
