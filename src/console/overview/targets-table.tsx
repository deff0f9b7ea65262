import { formatMs, formatPercent } from '../../../reports/format.ts';
import { targetPaints } from '../../../reports/palette.ts';
import type { TargetStatus } from '../../proxy/console/contract.ts';
import { countdownText, countdownWords, leftAt } from '../clock-text.ts';
import { useClock } from '../live/use-clock.ts';
import { DataTable, left, right } from '../parts/data-table.tsx';
import { StateBadge, Swatch } from '../parts/state-badge.tsx';
import { hashOf } from '../place.ts';

export interface TargetsTableProps {
  readonly targets: readonly TargetStatus[];
  /** When they were seen, on the clock of `performance.now()`. */
  readonly seenAtMs: number;
}

const COLUMNS = [
  left('Target'),
  left('State'),
  right('Back in'),
  right('In flight'),
  right('Queue'),
  right('Success'),
  right('First token'),
  right('Recent failures'),
  left('Why'),
];

/** How each target stands now. */
export function TargetsTable({ targets, seenAtMs }: TargetsTableProps) {
  const paints = targetPaints(targets.map(({ target }) => target));
  return (
    <DataTable
      caption="Targets of the pool as they stand now"
      hidesCaption
      label="Targets"
      columns={COLUMNS}
      empty="The pool has no targets."
      rows={targets.map((target) => ({
        key: target.target,
        cells: [
          <a key="link" class="row-link" href={hashOf('overview', target.target)}>
            <Swatch paint={paints.get(target.target) ?? ''} />
            {target.target}
          </a>,
          <StateBadge key="state" state={target.state} />,
          <Countdown key="left" leftMs={target.cooldownLeftMs} seenAtMs={seenAtMs} />,
          inFlightText(target),
          target.queueLimit === 0 ? '–' : `${target.waiting} of ${target.queueLimit}`,
          <Believed
            key="success"
            text={formatPercent(target.beliefs.successRatio)}
            isAssumed={target.beliefs.isAssumed.successRatio}
          />,
          <Believed
            key="first-token"
            text={formatMs(target.beliefs.firstTokenMs)}
            isAssumed={target.beliefs.isAssumed.firstTokenMs}
          />,
          target.recent.attempts === 0 ? '–' : `${target.recent.failures} of ${target.recent.attempts}`,
          <span key="why" class="why">
            {target.why ?? ''}
          </span>,
        ],
      }))}
    />
  );
}

export interface BelievedProps {
  readonly text: string;
  /** It is the policy's prior alone. */
  readonly isAssumed: boolean;
}

/** A figure that the router goes by, told apart from one that was measured. */
export function Believed({ text, isAssumed }: BelievedProps) {
  if (!isAssumed) return <>{text}</>;
  return (
    <span class="assumed" title="Assumed by the policy: nothing was measured yet">
      {text} (assumed)
    </span>
  );
}

/** Limits are those of the key, which other targets may share. */
function inFlightText({ inFlight, keyInFlight, concurrencyLimit }: TargetStatus): string {
  if (concurrencyLimit === null) return String(inFlight);
  const others = keyInFlight === inFlight ? '' : ` (key ${keyInFlight})`;
  return `${inFlight}${others} of ${concurrencyLimit}`;
}

export interface CountdownProps {
  readonly leftMs: number;
  /** When that was left, on the clock of `performance.now()`. */
  readonly seenAtMs: number;
}

/** What is left of a rest, if there is one. */
export function Countdown(props: CountdownProps) {
  return props.leftMs === 0 ? <>–</> : <Ticking {...props} />;
}

/** Goes on by itself between two messages of the proxy. */
function Ticking({ leftMs, seenAtMs }: CountdownProps) {
  const nowMs = useClock(250);
  const left = leftAt(leftMs, seenAtMs, nowMs);
  return (
    <span class="countdown">
      <span aria-hidden="true">{countdownText(left)}</span>
      <span class="unseen">{countdownWords(left)}</span>
    </span>
  );
}
