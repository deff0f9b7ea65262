/**
 * Whether somebody is at the page. Questions that it asks by itself keep a session alive, and one that was left alone is to
 * end; the open stream of figures does not keep it.
 */
const ALONE_AFTER_MS = 30 * 60_000;
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

let lastSignMs = performance.now();
const note = (): void => {
  lastSignMs = performance.now();
};
for (const sign of SIGNS) addEventListener(sign, note, { passive: true, capture: true });

/** Somebody looks at the page, or did not long ago. */
export function isAttended(): boolean {
  return !document.hidden && performance.now() - lastSignMs < ALONE_AFTER_MS;
}
