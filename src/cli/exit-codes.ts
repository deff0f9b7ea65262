/** What the exit codes of every command mean. */
export const EXIT_CODES = {
  done: 0,
  /** The answer is no: a check failed. */
  no: 1,
  /** Bad usage or bad input; one line on standard error says what. */
  badInput: 2,
  /** A bug in Token Pool (EX_SOFTWARE of BSD's sysexits.h), so that it is never taken for an answer. */
  bug: 70,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
