/** Levels of the service log, the gravest first; in a file of its own, so that to name one loads nothing else. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
