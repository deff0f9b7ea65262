import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

export interface DialogProps {
  readonly title: ComponentChildren;
  /** `drawer`: along the right edge, as high as the page. */
  readonly form?: 'box' | 'drawer';
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/**
 * A dialog over the page: the rest cannot be reached meanwhile, Esc closes it, and focus goes back to where it was. It is
 * open as long as it is drawn.
 */
export function Dialog({ title, form = 'box', onClose, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const dialog = box.current;
    if (dialog === null) return;
    const opener = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      // Whoever came from elsewhere, by an address, begins at the head of the view.
      const back = opener instanceof HTMLElement && opener !== document.body && opener.isConnected ? opener : null;
      (back ?? document.getElementById('main'))?.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`dialog ${form}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        // The shade around it is the dialog itself. Not a click: text may be marked from inside to there.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="dialog-content">
        <header class="dialog-head">
          <h2 id={titleId} tabIndex={-1}>
            {title}
          </h2>
          <button type="button" class="quiet" onClick={onClose} aria-label="Close">
            <span aria-hidden="true">✕</span>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
