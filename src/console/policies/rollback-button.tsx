import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Hash } from '../parts/facts.tsx';
import type { ConsoleApi } from '../session/console-api.ts';
import { readOperator, rememberOperator } from './operator-name.ts';

export interface RollbackButtonProps {
  readonly api: ConsoleApi;
  /** Of the policy that goes. */
  readonly name: string;
  readonly hash: string;
  /** What happens then. */
  readonly effect: string;
  readonly onDone: (words: string) => void;
}

/** Leads back from a policy, once one has said why. */
export function RollbackButton({ api, name, hash, effect, onDone }: RollbackButtonProps) {
  const [isAsking, setAsking] = useState(false);
  const [who, setWho] = useState(readOperator);
  const [why, setWhy] = useState('');
  const rollBack = async (): Promise<void> => {
    if (who.trim() === '' || why.trim() === '') throw new Error('Say who you are and why: both stay in the history.');
    await api.post('/policies/rollback', { who: who.trim(), why: why.trim() });
    rememberOperator(who.trim());
    onDone(`${name} was rolled back.`);
  };
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        Roll back …
      </button>
      {isAsking ? (
        <ConfirmDialog
          title={`Roll ${name} back?`}
          confirmLabel="Roll back"
          isDangerous
          onConfirm={rollBack}
          onClose={() => setAsking(false)}
        >
          <p>
            {name} (<Hash hash={hash} />) goes out of service. {effect}
          </p>
          <label for="rollback-who">Your name (required)</label>
          <input id="rollback-who" maxLength={200} value={who} onInput={(event) => setWho(event.currentTarget.value)} />
          <label for="rollback-why">Why (required)</label>
          <input id="rollback-why" maxLength={500} value={why} onInput={(event) => setWhy(event.currentTarget.value)} />
        </ConfirmDialog>
      ) : null}
    </>
  );
}
