import { useState } from 'preact/hooks';
import { formatSpan } from '../../../reports/format.ts';
import type { TargetStatus } from '../../proxy/console/contract.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { troubleText, type ConsoleApi } from '../session/console-api.ts';

export interface TargetOrdersProps {
  readonly api: ConsoleApi;
  readonly target: TargetStatus;
  /** Told in words what was done. */
  readonly onDone: (words: string) => void;
}

/** Lengths of a rest to choose from, ms. */
const RESTS_MS = [60_000, 600_000, 3_600_000, 6 * 3_600_000];

/** What can be ordered of a target: to rest, to be out of use, to be back. */
export function TargetOrders({ api, target: { target, state, inFlight }, onDone }: TargetOrdersProps) {
  const [restMs, setRestMs] = useState(RESTS_MS[1] ?? 600_000);
  const [isAsking, setAsking] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);

  const order = async (action: 'disable' | 'enable' | 'cool', body: object, words: string): Promise<void> => {
    await api.post(`/targets/${encodeURIComponent(target)}/${action}`, body);
    setTrouble(null);
    onDone(words);
  };
  const atOnce = (ordered: Promise<void>): void =>
    void ordered.catch((error: unknown) => setTrouble(troubleText(error)));

  if (state === 'retiring') return <p class="hint">It is leaving the pool, and takes no orders.</p>;
  const isResting = state === 'cooldown' || state === 'unhealthy';
  return (
    <div class="orders" role="group" aria-label={`Orders for ${target}`}>
      {state === 'disabled' || isResting ? (
        <button type="button" class="primary" onClick={() => atOnce(order('enable', {}, `${target} is enabled.`))}>
          Enable
        </button>
      ) : null}
      {state === 'disabled' ? null : (
        <>
          <label class="inline">
            <span>Rest for</span>
            <select value={String(restMs)} onChange={(event) => setRestMs(Number(event.currentTarget.value))}>
              {RESTS_MS.map((ms) => (
                <option key={ms} value={String(ms)}>
                  {formatSpan(ms)}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            onClick={() => atOnce(order('cool', { forMs: restMs }, `${target} rests for ${formatSpan(restMs)}.`))}
          >
            Let it rest
          </button>
          <button type="button" class="danger" onClick={() => setAsking(true)}>
            Disable …
          </button>
        </>
      )}
      <Trouble text={trouble} />
      {isAsking ? (
        <ConfirmDialog
          title={`Disable ${target}?`}
          confirmLabel="Disable the target"
          isDangerous
          onConfirm={() => order('disable', {}, `${target} is disabled.`)}
          onClose={() => setAsking(false)}
        >
          <p>
            It gets no more requests until somebody enables it. {inFlightWords(inFlight)} Other targets take its
            traffic, as the policy in force decides.
          </p>
        </ConfirmDialog>
      ) : null}
    </div>
  );
}

function inFlightWords(inFlight: number): string {
  if (inFlight === 0) return 'Nothing is in flight there now.';
  return `${inFlight === 1 ? 'The attempt' : `The ${inFlight} attempts`} in flight there may end.`;
}
