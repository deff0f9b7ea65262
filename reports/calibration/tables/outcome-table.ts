import type { FigureFit, Goodness } from '../../../simulator/calibrate/goodness/goodness.ts';
import { formatCount, formatPercent, formatSigned, formatUsd, type Formatter } from '../../format.ts';
import { targetPaints } from '../../palette.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';

const USD = 1_000_000;

/** One row a target: what attempts came to, observed → simulated. */
export function outcomeTable(goodness: Goodness): Table {
  const groups = goodness.rows === 0 ? [] : [goodness.all, ...goodness.targets];
  const paints = targetPaints(groups.flatMap(({ target }) => target ?? []));
  return {
    id: 'outcomes',
    caption: 'What attempts came to: observed → simulated mean (least to most of the replicates)',
    columns: [
      leftColumn('Target'),
      rightColumn('Attempts'),
      rightColumn('Succeeded'),
      rightColumn('Failed'),
      rightColumn('429'),
      rightColumn('Cost'),
      rightColumn('Cost error'),
    ],
    rows: groups.map((group) => [
      group.target ?? 'all targets',
      formatCount(group.rows),
      figureText(group.successRatio, percent),
      figureText(group.failureRatio, percent),
      figureText(group.limited, (value) => formatCount(value === null ? null : Math.round(value))),
      figureText(group.costMicroUsd, (value) => formatUsd(value === null ? null : value / USD)),
      formatSigned(costError(group.costMicroUsd), percent),
    ]),
    wraps: true,
    paints: groups.map(({ target }) => (target === null ? null : (paints.get(target) ?? null))),
  };
}

const percent: Formatter = (ratio) => formatPercent(ratio, 2);

/** `observed → simulated (least to most)`; without the range where there is none. */
export function figureText({ observed, simulated, simulatedMin, simulatedMax }: FigureFit, format: Formatter): string {
  const both = `${format(observed)}\u00a0→\u00a0${format(simulated)}`;
  const low = format(simulatedMin);
  const high = format(simulatedMax);
  return low === high ? both : `${both} (${low}\u00a0to\u00a0${high})`;
}

function costError({ observed, difference }: FigureFit): number | null {
  return observed === null || observed === 0 || difference === null ? null : difference / observed;
}
