import { useState } from 'preact/hooks';
import type { PolicyStanding } from '../../policies/standing.ts';
import type { Policy } from '../../router/policy.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { troubleText, type ConsoleApi } from '../session/console-api.ts';
import { CANDIDATE_BYTES_MAX, readCandidate, type Candidate } from './candidate-file.ts';
import { CandidatePreview } from './candidate-preview.tsx';
import { readOperator, rememberOperator } from './operator-name.ts';
import { PlanFields } from './plan-fields.tsx';
import { readPlan, USUAL_PLAN } from './plan-form.ts';
import { effectsOf } from './promotion-effects.ts';

export interface PromoteFormProps {
  readonly api: ConsoleApi;
  readonly inForce: PolicyStanding;
  /** Its values; null: the proxy does not tell those of the configuration. */
  readonly inForcePolicy: Policy | null;
  readonly onDone: (words: string) => void;
}

/** A candidate from a file, a plan, and a confirmation before anything is sent. */
export function PromoteForm({ api, inForce, inForcePolicy, onDone }: PromoteFormProps) {
  const [candidate, setCandidate] = useState<Candidate | null>(null);
  const [fileTrouble, setFileTrouble] = useState<string | null>(null);
  const [form, setForm] = useState(USUAL_PLAN);
  const [who, setWho] = useState(readOperator);
  const [force, setForce] = useState('');
  const [isAsking, setAsking] = useState(false);
  const { plan, problems } = readPlan(form);

  const read = async (file: File | undefined): Promise<void> => {
    setCandidate(null);
    setFileTrouble(null);
    if (file === undefined) return;
    try {
      if (file.size > CANDIDATE_BYTES_MAX) throw new Error(`${file.name}: is larger than any policy (2 MiB)`);
      setCandidate(await readCandidate(file.name, await file.text()));
    } catch (error) {
      setFileTrouble(troubleText(error));
    }
  };
  const promote = async (): Promise<void> => {
    if (candidate === null || plan === null) return;
    const { name, policy, evidence } = candidate;
    const order = { name, policy, evidence, plan, who: who.trim(), force: force.trim() === '' ? null : force.trim() };
    const { warnings } = await api.post<{ readonly warnings: readonly string[] }>('/policies/promote', order);
    rememberOperator(who.trim());
    setCandidate(null);
    onDone([`${name} is taken in.`, ...warnings].join(' '));
  };
  const missing = [
    ...(candidate === null ? ['Choose a file'] : []),
    ...(plan === null ? ['Mend the plan'] : []),
    ...(who.trim() === '' ? ['Say who you are'] : []),
  ];
  const isReady = missing.length === 0;
  return (
    <section aria-labelledby="promote-title">
      <h2 id="promote-title">Promote a policy</h2>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) setAsking(true);
        }}
      >
        <label for="candidate-file">Candidate policy file</label>
        <input
          id="candidate-file"
          type="file"
          accept=".yaml,.yml,.json"
          aria-describedby="candidate-help"
          onChange={(event) => void read(event.currentTarget.files?.[0])}
        />
        <p id="candidate-help" class="hint">
          As <code>tokenpool tune</code> writes it, with its evidence. It is read here and shown; nothing is sent yet.
        </p>
        <Trouble text={fileTrouble} />
        {candidate === null ? null : (
          <CandidatePreview candidate={candidate} base={inForcePolicy} baseName={inForce.name} />
        )}
        <PlanFields form={form} problems={problems} onForm={setForm} />
        <div class="fields">
          <div>
            <label for="promote-who">Your name (required)</label>
            <input
              id="promote-who"
              aria-required="true"
              maxLength={200}
              value={who}
              onInput={(event) => setWho(event.currentTarget.value)}
            />
          </div>
          <div>
            <label for="promote-force">Why to overlook what speaks against it</label>
            <input
              id="promote-force"
              maxLength={500}
              placeholder="empty: nothing is overlooked"
              value={force}
              onInput={(event) => setForce(event.currentTarget.value)}
            />
          </div>
        </div>
        <div class="actions">
          <p id="promote-missing" class="hint" role="status">
            {isReady ? '' : `${missing.join('. ')}.`}
          </p>
          <button type="submit" class="primary" disabled={!isReady} aria-describedby="promote-missing">
            Promote …
          </button>
        </div>
      </form>
      {isAsking && candidate !== null && plan !== null ? (
        <ConfirmDialog
          title={`Promote ${candidate.name}?`}
          confirmLabel="Promote"
          onConfirm={promote}
          onClose={() => setAsking(false)}
        >
          <p>
            {candidate.name}, {hashWords(candidate)}, is to take the place of {inForce.name} (
            <code>{inForce.hash.slice(0, 12)}</code>):
          </p>
          <ol class="effects">
            {effectsOf(plan).map((effect) => (
              <li key={effect}>{effect}</li>
            ))}
          </ol>
          {force.trim() === '' ? null : <p class="notice">What speaks against it is overlooked: {force.trim()}</p>}
        </ConfirmDialog>
      ) : null}
    </section>
  );
}

function hashWords({ hash }: Candidate) {
  if (hash === null) return <>whose hash the proxy works out (this page is not served securely)</>;
  return (
    <>
      hash <code>{hash}</code>
    </>
  );
}
