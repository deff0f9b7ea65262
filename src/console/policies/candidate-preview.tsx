import { formatPercent, plural } from '../../../reports/format.ts';
import { objectiveMetric, objectiveWords } from '../../../reports/tuning/objective-metrics.ts';
import { differenceWords, predictionVerdict, VERDICT_WORDS } from '../../../reports/tuning/prediction-verdict.ts';
import type { Evidence } from '../../config/evidence-schema.ts';
import type { Policy } from '../../router/policy.ts';
import { DataTable, left, right } from '../parts/data-table.tsx';
import { Facts } from '../parts/facts.tsx';
import { changesOf, type Candidate } from './candidate-file.ts';

export interface CandidatePreviewProps {
  readonly candidate: Candidate;
  /** What is in force; null: its values are not known here. */
  readonly base: Policy | null;
  readonly baseName: string;
}

/** What is in the file, before it is sent. */
export function CandidatePreview({
  candidate: { name, policy, hash, evidence },
  base,
  baseName,
}: CandidatePreviewProps) {
  const changes = changesOf(policy, base ?? undefined);
  const than = base === null ? 'the default policy' : baseName;
  return (
    <div class="preview" role="group" aria-label={`Candidate ${name}`}>
      <Facts
        facts={[
          ['Candidate', name],
          ['Hash', hash === null ? 'the proxy works it out' : <code key="hash">{hash}</code>],
          ['Evidence', evidence === null ? 'none: the proxy will refuse it unless you say why not' : evidence.why],
          ...(evidence === null ? [] : evidenceFacts(evidence, hash)),
        ]}
      />
      {evidence === null ? null : <Promises evidence={evidence} />}
      <details>
        <summary>
          {plural(changes.length, 'value')} other than {than}
        </summary>
        <DataTable
          caption={`What is not as in ${than}`}
          label="Values of the candidate"
          columns={[left('Value'), right(than), right(name)]}
          empty="Nothing differs."
          rows={changes.map(({ path, from, to }) => ({ key: path, cells: [<code key="path">{path}</code>, from, to] }))}
        />
      </details>
    </div>
  );
}

function evidenceFacts(evidence: Evidence, hash: string | null) {
  const { policyHash, objective, trace, tiers, createdAt, validUntil, incumbent } = evidence;
  const isEdited = hash !== null && hash !== policyHash;
  return [
    ['Sought', objectiveWords(objective)],
    ['Made', `${createdAt}, valid until ${validUntil}`],
    ['Over', `${trace.name}, ${plural(trace.requests, 'request')}, against ${incumbent.name}`],
    [
      'Rests on',
      `the log ${formatPercent(tiers.T1, 0)}, like cases ${formatPercent(tiers.T2, 0)}, fitted twins alone ${formatPercent(tiers.T3, 0)}`,
    ],
    ...(isEdited ? [['Mind', 'the file was edited after its evidence was made'] as const] : []),
  ] as const;
}

function Promises({ evidence }: { readonly evidence: Evidence }) {
  return (
    <DataTable
      caption="What its evidence promises, candidate less incumbent"
      label="Promises"
      wraps
      columns={[left('Metric'), left('Change'), left('The candidate is')]}
      empty="Nothing is promised."
      rows={evidence.predicted.holdout.map((prediction) => ({
        key: prediction.metric,
        cells: [
          objectiveMetric(prediction.metric).label,
          differenceWords(prediction),
          VERDICT_WORDS[predictionVerdict(prediction)],
        ],
      }))}
    />
  );
}
