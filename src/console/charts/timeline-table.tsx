import { formatCount, formatMs, formatUsd } from '../../../reports/format.ts';
import type { TimelineSpan } from '../../proxy/console/contract.ts';
import { hourText } from '../clock-text.ts';
import { DataTable, left, right } from '../parts/data-table.tsx';
import { Moment } from '../parts/facts.tsx';
import { timelineRows } from './time-cells.ts';

export interface TimelineTableProps {
  readonly span: TimelineSpan;
  /** Length of a row, ms. */
  readonly rowMs: number;
  readonly name: string;
}

const COLUMNS = [
  left('From'),
  right('Requests'),
  right('Rejected'),
  right('Failed attempts'),
  right('Cost'),
  right('First token p50, highest'),
  right('First token p95, highest'),
];

/** The charts' figures, for whoever does not see them or wants them to the digit. */
export function TimelineTable({ span, rowMs, name }: TimelineTableProps) {
  return (
    <details class="as-table">
      <summary>The same as a table</summary>
      <DataTable
        caption={`Traffic of the last ${name}, newest first`}
        label={`Traffic of the last ${name}`}
        columns={COLUMNS}
        empty="Nothing was counted yet."
        rows={timelineRows(span, rowMs).map((row) => ({
          key: String(row.startMs),
          cells: [
            <Moment key="from" atMs={row.startMs} text={hourText(row.startMs)} />,
            formatCount(row.requests),
            formatCount(row.rejected),
            formatCount(row.failures),
            formatUsd(row.costUsd),
            formatMs(row.firstTokenP50Ms),
            formatMs(row.firstTokenP95Ms),
          ],
        }))}
      />
    </details>
  );
}
