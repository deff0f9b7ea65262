import { SingleBar } from 'cli-progress';

/** Progress of one long step. */
export interface ProgressBar {
  /**
   * @param done of `total`; larger than before
   * @param note for the end of the line, such as the best so far; the one before stays when it is left out
   */
  update(done: number, note?: string): void;
  /** Ends the line; must be called, or the bar's timer keeps the process alive. */
  stop(): void;
}

const SILENT: ProgressBar = { update: () => undefined, stop: () => undefined };

/**
 * A bar on standard error when that is a terminal, and nothing at all otherwise, so that logs stay clean.
 *
 * @param label what is under way, for example `simulate ranked`
 * @param total what `update` counts up to, > 0
 */
export function progressBar(label: string, total: number): ProgressBar {
  if (!process.stderr.isTTY) return SILENT;
  const bar = new SingleBar({
    format: `${label} [{bar}] {percentage}% | {value}/{total} | {eta_formatted} left{note}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
  });
  bar.start(total, 0, { note: '' });
  return {
    update: (done, note) => bar.update(done, note === undefined ? {} : { note: ` | ${note}` }),
    stop: () => bar.stop(),
  };
}
