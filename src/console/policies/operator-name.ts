/** Whom the history names: as typed last in this browser. No secret, and no proof of anything. */
const STORED_AS = 'token-pool-console-operator';

/** Empty: nobody has said yet. */
export function readOperator(): string {
  try {
    return localStorage.getItem(STORED_AS) ?? '';
  } catch {
    // Storage may be forbidden.
    return '';
  }
}

export function rememberOperator(name: string): void {
  try {
    localStorage.setItem(STORED_AS, name);
  } catch {
    // Then it is asked for again.
  }
}
