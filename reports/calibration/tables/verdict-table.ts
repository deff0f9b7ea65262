import type { Goodness } from '../../../simulator/calibrate/goodness/goodness.ts';
import { formatCount, formatPercent } from '../../format.ts';
import { targetPaints } from '../../palette.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { BANDS, isWithinNoise, judgeGroup, VALUES_MIN, type TargetVerdict, type Verdict } from '../judgement.ts';
import { formatDistance } from './distance.ts';
import { formatError } from '../error-text.ts';

const WORDS: Readonly<Record<Verdict, string>> = {
  within: 'believed',
  off: 'off',
  unclear: 'unclear',
  unseen: 'too few rows',
};

/** One row a target: the verdict and the figures that it rests on. */
export function verdictTable(goodness: Goodness, part: 'hold-out' | 'validation' = 'hold-out'): Table {
  const paints = targetPaints(goodness.targets.map(({ target }) => target ?? ''));
  return {
    id: part === 'hold-out' ? 'verdicts' : 'verdicts-on-validation',
    caption: `Can it be believed? Errors of the first token (of the duration where fewer than ${VALUES_MIN} streams were seen), ${part} rows`,
    columns: [
      leftColumn('Target'),
      leftColumn('Verdict'),
      rightColumn('Attempts'),
      ...BANDS.map(({ name, band }) => rightColumn(`${name} (±${formatPercent(band, 0)})`)),
      rightColumn('Distance (KS)'),
      rightColumn('Log against itself'),
      leftColumn('Beyond noise?'),
    ],
    rows: goodness.targets.map((group) => rowOf(judgeGroup(group))),
    paints: goodness.targets.map(({ target }) => paints.get(target ?? '') ?? null),
  };
}

function rowOf({ group, metric, quantiles, verdict }: TargetVerdict): readonly string[] {
  const isNoise = metric === null ? null : isWithinNoise(metric);
  return [
    group.target ?? 'all',
    WORDS[verdict],
    formatCount(group.rows),
    ...quantiles.map(({ fit }) => formatError(fit?.relativeError ?? null)),
    formatDistance(metric?.ks ?? null),
    formatDistance(metric?.splitHalfKs ?? null),
    isNoise === null ? '–' : isNoise ? 'no' : 'yes',
  ];
}
