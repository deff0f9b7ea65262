import { useState } from 'preact/hooks';
import { formatMs, formatPlain, formatUsd } from '../../../reports/format.ts';
import { policyDash, policyPaint, rolePaint } from '../../../reports/palette.ts';
import type { TimelinePage, TimelineSpan } from '../../proxy/console/contract.ts';
import { rates, wholeCells } from '../charts/time-cells.ts';
import { TimeChart, type ChartLine } from '../charts/time-chart.tsx';
import { TimelineTable } from '../charts/timeline-table.tsx';
import { useAsked } from '../live/use-asked.ts';
import { Trouble } from '../parts/trouble.tsx';
import type { ConsoleApi } from '../session/console-api.ts';

const SPANS = ['hour', 'day'] as const;
type SpanName = (typeof SPANS)[number];
const SPAN_MS: Readonly<Record<SpanName, number>> = { hour: 3_600_000, day: 86_400_000 };
const ROW_MS: Readonly<Record<SpanName, number>> = { hour: 300_000, day: 3_600_000 };
const ASK_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Requests, first tokens, cost and failures over the last hour or day. */
export function TrafficCharts({ api }: { readonly api: ConsoleApi }) {
  const { answer, trouble } = useAsked<TimelinePage>(api, '/timeline', ASK_EVERY_MS);
  const [name, setName] = useState<SpanName>('hour');
  return (
    <section aria-labelledby="traffic-title">
      <div class="section-head">
        <h2 id="traffic-title">Traffic</h2>
        <fieldset class="choice">
          <legend class="unseen">Stretch of time</legend>
          {SPANS.map((each) => (
            <label key={each}>
              <input type="radio" name="span" checked={each === name} onChange={() => setName(each)} />
              <span>Last {each}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <Trouble text={trouble} />
      {answer === null ? (
        <p class="empty">{trouble === null ? 'Asking for the figures …' : 'No figures.'}</p>
      ) : (
        <Charts page={answer} name={name} />
      )}
    </section>
  );
}

function Charts({ page, name }: { readonly page: TimelinePage; readonly name: SpanName }) {
  const span = wholeCells(page[name], page.atMs);
  const frame = { fromMs: page.atMs - SPAN_MS[name], toMs: page.atMs, span: `the last ${name}` };
  return (
    <>
      <div class="charts">
        {chartsOf(span).map(({ title, lines, format }) => (
          <TimeChart
            key={title}
            {...frame}
            title={title}
            startMs={span.startMs}
            cellMs={span.cellMs}
            lines={lines}
            format={format}
          />
        ))}
      </div>
      <TimelineTable span={page[name]} rowMs={ROW_MS[name]} name={name} />
    </>
  );
}

interface ChartOfSpan {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number | null) => string;
}

function chartsOf(span: TimelineSpan): readonly ChartOfSpan[] {
  const { cellMs } = span;
  return [
    {
      title: 'Requests per second',
      format: formatPlain,
      lines: [
        {
          name: 'requests',
          paint: rolePaint('accent'),
          dash: 'none',
          values: rates(span.requests, cellMs, 1_000),
          isFilled: true,
        },
      ],
    },
    {
      title: 'Time to the first token',
      format: formatMs,
      lines: [
        { name: 'p95', paint: policyPaint(0), dash: policyDash(0), values: span.firstTokenP95Ms },
        { name: 'p50', paint: policyPaint(2), dash: policyDash(2), values: span.firstTokenP50Ms },
      ],
    },
    {
      title: 'Cost per hour',
      format: formatUsd,
      lines: [
        {
          name: 'cost',
          paint: policyPaint(4),
          dash: 'none',
          values: rates(span.costUsd, cellMs, HOUR_MS),
          isFilled: true,
        },
      ],
    },
    {
      title: 'Failures per minute',
      format: formatPlain,
      lines: [
        {
          name: 'failed attempts',
          paint: rolePaint('failed'),
          dash: 'none',
          values: rates(span.failures, cellMs, MINUTE_MS),
        },
        {
          name: 'rejected requests',
          paint: rolePaint('rejected'),
          dash: '4 3',
          values: rates(span.rejected, cellMs, MINUTE_MS),
        },
      ],
    },
  ];
}
