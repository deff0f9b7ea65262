/** The proxy's own log: one JSON object a line, on standard error unless told otherwise. */
import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { cleanFieldsForLog, cleanForLog, maskCredentials } from './redaction.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface ServiceLoggerOptions {
  /** Default: `info`. */
  readonly level?: LogLevel;
  /** Default: standard error, without waiting for it. */
  readonly destination?: DestinationStream;
  /**
   * All secrets of the configuration as they are now: should one get into a line in spite of everything, it is masked.
   * Asked for each line.
   */
  readonly secrets?: () => readonly string[];
}

const STANDARD_ERROR = 2;
/** Lines that may wait for a reader of standard error who hangs; those beyond are lost. */
const WAITING_BYTES_MAX = 1_048_576;
/** Shorter ones would mask harmless words. */
const SECRET_LENGTH_MIN = 6;
const MESSAGE_MAX = 1_000;

/**
 * A pino logger from which no secret and no body gets out, whatever it is given: everything is cleaned before pino
 * sees it (see `redaction.ts`), messages and their values too, children and their bindings too.
 */
export function createServiceLogger(options: ServiceLoggerOptions = {}): Logger {
  const secrets = options.secrets ?? (() => []);
  const stream =
    options.destination ?? destination({ dest: STANDARD_ERROR, sync: false, maxLength: WAITING_BYTES_MAX });
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        bindings: cleanFieldsForLog,
      },
      hooks: {
        logMethod(parts, method) {
          method.apply(this, parts.map(cleanPart) as Parameters<typeof method>);
        },
        streamWrite: (line) => maskSecrets(maskMessage(line), secrets()),
      },
    },
    stream,
  );
}

/** One argument of a call such as `logger.warn({ err }, 'text %s', value)`. */
function cleanPart(part: unknown): unknown {
  if (part instanceof Error) return { err: cleanForLog(part), msg: undefined };
  if (typeof part === 'object' && part !== null) return cleanFieldsForLog(part);
  return typeof part === 'string' ? maskCredentials(part.slice(0, MESSAGE_MAX)) : part;
}

/** Values that were formatted into the message only come together in the line. */
function maskMessage(line: string): string {
  return maskCredentials(line);
}

function maskSecrets(line: string, secrets: readonly string[]): string {
  let masked = line;
  for (const secret of secrets) {
    if (secret.length >= SECRET_LENGTH_MIN && masked.includes(secret)) masked = masked.replaceAll(secret, '[redacted]');
  }
  return masked;
}
