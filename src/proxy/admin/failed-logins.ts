/** Slows down who guesses at the admin token: few failures an address in a stretch of time, few addresses remembered. */
const FAILURES_MAX = 10;
/** One failure is forgiven after this, ms. */
const FORGIVEN_EVERY_MS = 6_000;
const ADDRESSES_MAX = 1_000;

interface Failures {
  count: number;
  sinceMs: number;
}

export interface FailedLogins {
  /** How long an address has to wait before it may try again, ms; 0: it may now. */
  waitMs(address: string, nowMs: number): number;
  /** The address came with a wrong token. */
  note(address: string, nowMs: number): void;
  /** Addresses that are remembered. */
  readonly size: number;
}

export function createFailedLogins(): FailedLogins {
  // Put in again with each failure, so the first is the one that failed longest ago.
  const failures = new Map<string, Failures>();

  const present = (address: string, nowMs: number): number => {
    const known = failures.get(address);
    if (known === undefined) return 0;
    return Math.max(0, known.count - (nowMs - known.sinceMs) / FORGIVEN_EVERY_MS);
  };

  return {
    waitMs(address, nowMs) {
      const over = present(address, nowMs) - (FAILURES_MAX - 1);
      return over <= 0 ? 0 : over * FORGIVEN_EVERY_MS;
    },
    note(address, nowMs) {
      const count = present(address, nowMs) + 1;
      failures.delete(address);
      if (failures.size >= ADDRESSES_MAX) {
        for (const oldest of failures.keys()) {
          failures.delete(oldest);
          break;
        }
      }
      failures.set(address, { count, sinceMs: nowMs });
    },
    get size() {
      return failures.size;
    },
  };
}
