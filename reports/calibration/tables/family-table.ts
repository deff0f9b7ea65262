import type { Calibration } from '../../../simulator/calibrate/calibration.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { formatDistance } from './distance.ts';

/** One row a twin and family: what was tried for the residual of the first token, and what was kept. */
export function familyTable({ twins }: Calibration): Table {
  return {
    id: 'families',
    caption: 'Shapes tried for what size and load leave of the first token: distance on rows they were not fitted on',
    columns: [leftColumn('Twin'), leftColumn('Family'), rightColumn('Distance (KS)'), leftColumn('Taken')],
    rows: twins.flatMap(({ provider, model, latency }) =>
      latency.families.map(({ family, ks, isChosen }) => [
        `${provider} ${model}`,
        family,
        ks === null ? 'could not be fitted' : formatDistance(ks),
        isChosen ? 'yes' : 'no',
      ]),
    ),
    paints: [],
  };
}
