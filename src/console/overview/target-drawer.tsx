import { useState } from 'preact/hooks';
import { formatCount, formatMs, formatPercent, formatPlain, formatUsd } from '../../../reports/format.ts';
import type { TargetStatus } from '../../proxy/console/contract.ts';
import { momentText } from '../clock-text.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Facts, Moment, type Fact } from '../parts/facts.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import type { ConsoleApi } from '../session/console-api.ts';
import { TargetOrders } from './target-orders.tsx';
import { Believed, Countdown } from './targets-table.tsx';

export interface TargetDrawerProps {
  readonly api: ConsoleApi;
  readonly target: TargetStatus;
  readonly seenAtMs: number;
  readonly onClose: () => void;
}

/** All that is known of one target, and the orders it takes. */
export function TargetDrawer({ api, target, seenAtMs, onClose }: TargetDrawerProps) {
  const [done, setDone] = useState('');
  const { usage, lastFailure } = target;
  return (
    <Dialog title={target.target} form="drawer" onClose={onClose}>
      <p class="lead">
        <StateBadge state={target.state} />: {target.why ?? 'nothing is the matter'}
      </p>
      <TargetOrders api={api} target={target} onDone={setDone} />
      <div role="status">{done === '' ? null : <p class="notice">{done}</p>}</div>
      <h3>Now</h3>
      <Facts
        facts={[
          ['Back in', <Countdown key="left" leftMs={target.cooldownLeftMs} seenAtMs={seenAtMs} />],
          [
            'In flight',
            `${target.inFlight}; at its key ${target.keyInFlight} of ${target.concurrencyLimit ?? 'any number'}`,
          ],
          ['Queue of its key', target.queueLimit === 0 ? 'none' : `${target.waiting} of ${target.queueLimit}`],
          ['Recent failures', `${target.recent.failures} of ${target.recent.attempts} attempts in the health window`],
        ]}
      />
      <h3>What the router believes of it</h3>
      <Facts facts={beliefFacts(target.beliefs)} />
      <h3>Since the start</h3>
      <Facts
        facts={[
          [
            'Attempts',
            `${formatCount(usage.attempts)}: ${formatCount(usage.successes)} succeeded, ${formatCount(usage.errors)} failed`,
          ],
          ['Mean duration', formatMs(usage.durationMs?.mean ?? null)],
          [
            'Tokens',
            `${formatCount(usage.inputTokens)} in (${formatCount(usage.cacheReadTokens)} from caches), ${formatCount(usage.outputTokens)} out`,
          ],
          ['Cost', formatUsd(usage.costMicroUsd / 1_000_000)],
          [
            'Last failure',
            lastFailure === null ? (
              'none'
            ) : (
              <>
                {lastFailure.kind}, status {lastFailure.status ?? 'none'}
                {lastFailure.errorCode === null ? '' : `, ${lastFailure.errorCode}`} at{' '}
                <Moment atMs={lastFailure.atMs} text={momentText(lastFailure.atMs)} />
              </>
            ),
          ],
        ]}
      />
    </Dialog>
  );
}

function beliefFacts({ isAssumed, ...beliefs }: TargetStatus['beliefs']): readonly Fact[] {
  const fact = (name: string, belief: keyof typeof isAssumed, text: string): Fact => {
    return [name, <Believed key={belief} text={text} isAssumed={isAssumed[belief]} />];
  };
  return [
    fact('Success', 'successRatio', formatPercent(beliefs.successRatio)),
    fact('First token', 'firstTokenMs', formatMs(beliefs.firstTokenMs)),
    fact('Speed', 'tokensPerSecond', `${formatPlain(beliefs.tokensPerSecond)} tokens/s`),
    fact('Input from caches', 'cacheHitRatio', formatPercent(beliefs.cacheHitRatio)),
  ];
}
