import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { troubleText } from '../session/console-api.ts';
import { Dialog } from './dialog.tsx';
import { Trouble } from './trouble.tsx';

export interface ConfirmProps {
  readonly title: string;
  /** What is going to happen, in full. */
  readonly children: ComponentChildren;
  /** Says what it does: `Disable the target`. */
  readonly confirmLabel: string;
  readonly isDangerous?: boolean;
  /** Carries it out; the dialog stays, with what went wrong, when it fails. */
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something is done. Nothing happens unless one says so. */
export function ConfirmDialog({ title, children, confirmLabel, isDangerous, onConfirm, onClose }: ConfirmProps) {
  const [isUnderWay, setUnderWay] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const confirm = async (): Promise<void> => {
    setUnderWay(true);
    setTrouble(null);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setTrouble(troubleText(error));
      setUnderWay(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <Trouble text={trouble} />
      <div class="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class={isDangerous === true ? 'danger' : 'primary'}
          disabled={isUnderWay}
          onClick={() => void confirm()}
        >
          {isUnderWay ? 'Under way …' : confirmLabel}
        </button>
      </div>
    </Dialog>
  );
}
