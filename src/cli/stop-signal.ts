import { removeUnfinished } from '../config/unfinished-files.ts';
import { EXIT_CODES } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A command that ends in its own time when it is told to stop. */
export interface StopSignal {
  /** Aborted with the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Resolves with it. */
  readonly told: Promise<void>;
  /** Gives the signals back to whoever had them; to be called in any case. */
  release(): void;
}

/**
 * Takes SIGINT and SIGTERM over from the command line, which would end the process at once. A second one still does.
 */
export function takeStopSignal(): StopSignal {
  const controller = new AbortController();
  const told = new Promise<void>((resolve) => controller.signal.addEventListener('abort', () => resolve()));
  const before = SIGNALS.map((name) => process.rawListeners(name));
  const stop = (): void => {
    if (!controller.signal.aborted) {
      controller.abort();
      return;
    }
    removeUnfinished();
    process.exit(EXIT_CODES.no);
  };
  for (const name of SIGNALS) process.removeAllListeners(name).on(name, stop);
  return {
    signal: controller.signal,
    told,
    release: () => {
      for (const [place, name] of SIGNALS.entries()) {
        process.off(name, stop);
        for (const listener of before[place] ?? []) process.on(name, listener as NodeJS.SignalsListener);
      }
    },
  };
}
