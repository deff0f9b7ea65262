import { formatCount, formatMs, formatUsd } from '../../../reports/format.ts';
import { ARM_WORDS, CAUSE_WORDS, chanceText, choiceWords, ratioText, routingWords } from '../../log/decision-words.ts';
import type { ExplainedDecision } from '../../log/explain-request.ts';
import type { DecisionRow, OutcomeRow } from '../../log/schema.ts';
import { clockText } from '../clock-text.ts';
import { amountText, useText } from '../overview/budget-text.ts';
import { Facts, Hash, Moment, type Fact } from '../parts/facts.tsx';
import { CandidateTable } from './candidate-table.tsx';

/** One decision as the log has it: nothing of it is worked out anew. */
export function LoggedDecision({ explained }: { readonly explained: ExplainedDecision }) {
  const { decision, outcome, arm, exhausted } = explained;
  const { attempt, chosen_target: chosen, reject_code: code, candidates } = decision;
  const routing = routingWords(decision);
  const facts: readonly Fact[] = [
    ['When', <Moment key="when" atMs={decision.at_ms} text={clockText(decision.at_ms)} />],
    ['Caused by', `${CAUSE_WORDS[decision.cause]}, queued ${formatMs(decision.queued_ms)}`],
    ['How it was picked', pickWords(decision)],
    ['Propensity', chosen === null ? '–' : chanceText(decision.propensity)],
    [
      'Decided by',
      <PolicyOf key="policy" hash={decision.policy_hash} by={arm === undefined ? null : ARM_WORDS[arm]} />,
    ],
    ...(routing === null ? [] : [['Route', routing] as const]),
    ['Outcome', outcomeWords(outcome, chosen)],
  ];
  return (
    <section class="decision">
      <h3>
        Attempt {attempt}: {chosen ?? `no target (${code ?? 'no reason given'})`}
      </h3>
      <p>
        {decision.eligible} of {candidates.length} candidates could be picked. {choiceWords(decision)}
      </p>
      <Facts facts={facts} />
      <CandidateTable candidates={candidates} chosen={chosen} attempt={attempt} />
      {(exhausted ?? []).map((budget) => (
        <p key={budget.label}>
          Exhausted: {budget.label}: {useText(budget)} used before, {amountText(budget.metric, budget.needed)} needed (
          {budget.targets.join(', ')}).
        </p>
      ))}
    </section>
  );
}

function PolicyOf({ hash, by }: { readonly hash: string; readonly by: string | null }) {
  return (
    <>
      {by === null ? '' : `${by}, `}
      <Hash hash={hash} />
    </>
  );
}

/** A draw of 0: none decided. */
function pickWords({ mode, explored, draw }: DecisionRow): string {
  return `mode ${mode}${explored ? ', exploring' : ''}${draw === 0 ? '' : `, draw ${ratioText(draw)}`}`;
}

function outcomeWords(outcome: OutcomeRow | null, chosen: string | null): string {
  if (outcome === null) return chosen === null ? 'nothing was sent' : 'none in the log';
  return [
    outcome.kind,
    outcome.status === null ? 'no status' : `status ${outcome.status}`,
    ...(outcome.error_code === null ? [] : [outcome.error_code]),
    outcome.first_token_ms === null ? 'no first token' : `first token after ${formatMs(outcome.first_token_ms)}`,
    `${formatMs(outcome.duration_ms)} in all`,
    `${formatCount(outcome.input_tokens)} tokens in (${formatCount(outcome.cache_read_tokens)} from the cache), ${formatCount(outcome.output_tokens)} out`,
    formatUsd(outcome.cost_usd),
    ...(outcome.retry_after_ms === null ? [] : [`retry after ${formatMs(outcome.retry_after_ms)}`]),
  ].join(', ');
}
