import { removeUnfinished } from '../config/unfinished-files.ts';

/** With the exit code of a process that they end at once: 128 + their number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignalName = keyof typeof SIGNALS;
const NAMES = Object.keys(SIGNALS) as readonly StopSignalName[];

/** A command that ends in its own time when it is told to stop. */
export interface StopSignal {
  /** Aborted with the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Resolves with it, to its name. */
  readonly told: Promise<StopSignalName>;
  /** Gives the signals back to whoever had them; to be called in any case. */
  release(): void;
}

/**
 * Takes SIGINT and SIGTERM over from the command line, which would end the process at once. A second one still does.
 */
export function takeStopSignal(): StopSignal {
  const controller = new AbortController();
  let tell: (name: StopSignalName) => void = () => undefined;
  const told = new Promise<StopSignalName>((resolve) => (tell = resolve));
  const before = NAMES.map((name) => process.rawListeners(name));
  const stop = (name: StopSignalName): void => {
    if (!controller.signal.aborted) {
      controller.abort();
      tell(name);
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
