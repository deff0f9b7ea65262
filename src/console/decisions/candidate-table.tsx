import { chanceText, ratioText } from '../../log/decision-words.ts';
import type { CandidateRow } from '../../log/schema.ts';
import type { CandidateProvider } from '../../proxy/console/contract.ts';
import { DataTable, left, right } from '../parts/data-table.tsx';
import { NameInWords } from '../parts/name-in-words.tsx';
import { StateBadge } from '../parts/state-badge.tsx';

export interface CandidateTableProps {
  readonly candidates: readonly CandidateRow[];
  readonly chosen: string | null;
  readonly attempt: number;
}

const NUMBERS = ['Score', 'Weight', 'Chance', 'success', 'first token', 'speed', 'cache', 'cost', 'load'].map(right);

/** Every candidate of a decision, with what spoke for it or against it. */
export function CandidateTable({ candidates, chosen, attempt }: CandidateTableProps) {
  // Most decisions reject nobody, and the terms are to be seen without scrolling.
  const hasRejected = candidates.some(({ rejection }) => rejection !== null);
  return (
    <DataTable
      caption="Candidates; terms are from 0 to 1, larger is better"
      label={`Candidates of attempt ${attempt}`}
      columns={[left('Target'), left('State'), ...(hasRejected ? [left('Rejected for')] : []), ...NUMBERS]}
      empty="There were no candidates."
      rows={inOrder(candidates, chosen).map((candidate) => ({
        key: candidate.target,
        cells: [
          <span key="target" class={candidate.target === chosen ? 'chosen' : ''}>
            {candidate.target}
            {candidate.target === chosen ? ' (chosen)' : ''}
          </span>,
          <StateBadge key="state" state={candidate.state} />,
          ...(hasRejected
            ? [candidate.rejection === null ? '' : <NameInWords key="rejection" name={candidate.rejection} />]
            : []),
          ...figuresOf(candidate),
        ],
      }))}
    />
  );
}

/** The chosen one, those that it was chosen from, best first, and the rejected ones as they stand in the pool. */
function inOrder(candidates: readonly CandidateRow[], chosen: string | null): readonly CandidateRow[] {
  const place = ({ target, rejection }: CandidateRow): number => (target === chosen ? 0 : rejection === null ? 1 : 2);
  const score = ({ rejection, score: value }: CandidateRow): number => (rejection === null ? value : 0);
  return candidates.toSorted((a, b) => place(a) - place(b) || score(b) - score(a));
}

/** A rejected candidate is not scored; its zeros would read as a verdict. */
function figuresOf({ rejection, score, weight, propensity, terms }: CandidateRow): readonly string[] {
  const { success, first_token: firstToken, speed, cache, cost, load } = terms;
  const figures = [success, firstToken, speed, cache, cost, load].map((term) => term.toFixed(3));
  const all = [score.toFixed(4), ratioText(weight), chanceText(propensity), ...figures];
  return rejection === null ? all : all.map(() => '–');
}

/** As the proxy remembers a candidate, in the form of the log. */
export function loggedForm(candidate: CandidateProvider): CandidateRow {
  const { firstToken, ...terms } = candidate.scoreMetrics;
  return {
    target: candidate.providerId,
    state: candidate.runtimeState,
    rejection: candidate.blockedReason,
    score: candidate.score,
    weight: candidate.selectionWeight,
    propensity: candidate.propensity,
    terms: { ...terms, first_token: firstToken },
  };
}
