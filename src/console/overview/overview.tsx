import { formatCount, formatMs, formatPlain, formatUsd } from '../../../reports/format.ts';
import type { LiveFrame } from '../../proxy/console/contract.ts';
import type { Live } from '../live/use-live.ts';
import { hashOf } from '../place.ts';
import type { ConsoleApi } from '../session/console-api.ts';
import { BudgetBars } from './budget-bars.tsx';
import { TargetDrawer } from './target-drawer.tsx';
import { TargetsTable } from './targets-table.tsx';
import { TrafficCharts } from './traffic-charts.tsx';

export interface OverviewProps {
  readonly api: ConsoleApi;
  readonly live: Live;
  /** Id of the target whose drawer is open. */
  readonly openTarget: string | null;
}

/** How the proxy is doing, at one look. */
export function Overview({ api, live, openTarget }: OverviewProps) {
  const { frame, seenAtMs } = live;
  if (frame === null) return <p class="empty">Waiting for the first figures …</p>;
  const opened = frame.status.targets.find(({ target }) => target === openTarget);
  return (
    <>
      <KeyFigures frame={frame} />
      <LogTrouble frame={frame} />
      <section aria-labelledby="targets-title">
        <h2 id="targets-title">Targets</h2>
        <TargetsTable targets={frame.status.targets} seenAtMs={seenAtMs} />
      </section>
      <TrafficCharts api={api} />
      <section aria-labelledby="budgets-title">
        <h2 id="budgets-title">Budgets</h2>
        <BudgetBars budgets={frame.budgets.budgets} />
      </section>
      {opened === undefined ? null : (
        <TargetDrawer
          api={api}
          target={opened}
          seenAtMs={seenAtMs}
          onClose={() => (location.hash = hashOf('overview'))}
        />
      )}
    </>
  );
}

function KeyFigures({ frame: { status, rates } }: { readonly frame: LiveFrame }) {
  const { openRequests, waitingRequests, targets, policy } = status;
  const available = targets.filter(({ isAvailable }) => isAvailable).length;
  const over = `over the last ${Math.round(rates.windowS)} s`;
  const figures = [
    ['Requests', `${formatPlain(rates.requestsPerS)} /s`, over],
    ['First token, p95', formatMs(rates.firstTokenP95Ms), `p50 ${formatMs(rates.firstTokenP50Ms)}`],
    ['Failed attempts', `${formatPlain(60 * rates.failuresPerS)} /min`, over],
    ['Cost', `${formatUsd(rates.costUsdPerH)} /h`, over],
    ['Open requests', formatCount(openRequests), `${formatCount(waitingRequests)} of them waiting`],
    ['Targets available', `${available} of ${targets.length}`, `policy: ${policy.name}`],
  ] as const;
  return (
    <dl class="figures">
      {figures.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span class="figure">{value}</span>
            <span class="note">{note}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function LogTrouble({ frame }: { readonly frame: LiveFrame }) {
  const { state, reason, databaseTrouble } = frame.status.log;
  if (state === 'failing')
    return <p class="trouble">The decision log cannot be written: {reason ?? 'no reason given'}.</p>;
  if (databaseTrouble === null) return null;
  return <p class="notice">The database of the decision log takes no rows; they wait on disk: {databaseTrouble}.</p>;
}
