import { removeUnfinished } from '../config/unfinished-files.ts';

/** With the exit code of a process that they end at once: 128 + their number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
const NAMES = Object.keys(SIGNALS) as readonly (keyof typeof SIGNALS)[];

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
  const before = NAMES.map((name) => process.rawListeners(name));
  const stop = (name: keyof typeof SIGNALS): void => {
    if (!controller.signal.aborted) {
      controller.abort();
      return;
    }
    removeUnfinished();
    process.exit(SIGNALS[name]);
  };
  for (const name of NAMES) process.removeAllListeners(name).on(name, stop as NodeJS.SignalsListener);
  return {
    signal: controller.signal,
    told,
    release: () => {
      for (const [place, name] of NAMES.entries()) {
        process.off(name, stop as NodeJS.SignalsListener);
        for (const listener of before[place] ?? []) process.on(name, listener as NodeJS.SignalsListener);
      }
    },
  };
}
