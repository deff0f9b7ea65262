import { useState } from 'preact/hooks';
import type { PoliciesPage } from '../../proxy/console/contract.ts';
import type { Live } from '../live/use-live.ts';
import { useAsked } from '../live/use-asked.ts';
import { Facts, Hash } from '../parts/facts.tsx';
import { Trouble } from '../parts/trouble.tsx';
import type { ConsoleApi } from '../session/console-api.ts';
import { OpenPromotion } from './open-promotion.tsx';
import { PredictionTable } from './prediction-table.tsx';
import { PromoteForm } from './promote-form.tsx';
import { PromotionHistory } from './promotion-history.tsx';
import { RollbackButton } from './rollback-button.tsx';

/** Guards of a canary change with each request. */
const ASK_EVERY_MS = 5_000;

/** Which policy is in force and why, what is on its way, and what was. */
export function PoliciesView({ api, live }: { readonly api: ConsoleApi; readonly live: Live }) {
  // What a step changes is asked for at once; the rest of the page now and then.
  const summary = live.frame?.policies ?? null;
  const version =
    summary && [summary.inForce.hash, summary.promotion?.stage, summary.activeCount, summary.latestPastId].join(' ');
  const { answer, trouble, askAgain } = useAsked<PoliciesPage>(api, '/policies', ASK_EVERY_MS, version);
  const [done, setDone] = useState('');
  const told = (words: string): void => {
    setDone(words);
    askAgain();
  };
  return (
    <>
      <div role="status">{done === '' ? null : <p class="notice">{done}</p>}</div>
      <Trouble text={trouble} />
      {answer === null ? (
        <p class="empty">{trouble === null ? 'Asking for the policies …' : 'No policies to show.'}</p>
      ) : (
        <Policies api={api} page={withLive(answer, live)} onDone={told} />
      )}
    </>
  );
}

/** Guards and figures as the last message had them, while the whole of the page is older. */
function withLive(page: PoliciesPage, { frame }: Live): PoliciesPage {
  const open = frame?.policies.promotion ?? null;
  if (frame === null || open === null || page.promotion === null || open.id !== page.promotion.id) return page;
  return { ...page, atMs: frame.policies.atMs, promotion: { ...page.promotion, ...open } };
}

interface PoliciesProps {
  readonly api: ConsoleApi;
  readonly page: PoliciesPage;
  readonly onDone: (words: string) => void;
}

function Policies({ api, page, onDone }: PoliciesProps) {
  const { inForce, configured, promotion, active, past } = page;
  const top = active.at(-1);
  const hasWayBack = promotion !== null || top !== undefined;
  return (
    <>
      <section aria-labelledby="in-force-title">
        <div class="section-head">
          <h2 id="in-force-title">In force: {inForce.name}</h2>
          {promotion === null && top !== undefined ? (
            <RollbackButton
              api={api}
              name={top.policyName}
              hash={top.policyHash}
              effect={`All requests go by ${active.at(-2)?.policyName ?? configured.name} again, at once.`}
              onDone={onDone}
            />
          ) : null}
        </div>
        <div class="card">
          <Facts
            facts={[
              ['Why', inForce.why],
              ['Hash', <Hash key="hash" hash={inForce.hash} />],
              ['Comes from', inForce.source === 'promotion' ? 'a promotion' : 'the configuration'],
              [
                'Configured',
                inForce.hash === configured.hash ? 'the same' : `${configured.name} (${configured.hash.slice(0, 12)})`,
              ],
            ]}
          />
          {top === undefined || top.evidence === null ? null : <PredictionTable promotion={top} isOver />}
        </div>
      </section>
      {promotion === null ? null : <OpenPromotion api={api} promotion={promotion} atMs={page.atMs} onDone={onDone} />}
      {promotion === null ? (
        <PromoteForm api={api} inForce={inForce} inForcePolicy={top?.policy ?? null} onDone={onDone} />
      ) : null}
      <PromotionHistory promotions={[...(promotion === null ? [] : [promotion]), ...active.toReversed(), ...past]} />
      {hasWayBack ? null : (
        <p class="hint">There is nothing to roll back: the policy of the configuration is in force.</p>
      )}
    </>
  );
}
