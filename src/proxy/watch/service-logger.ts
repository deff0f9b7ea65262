/** The proxy's own log: one JSON object a line, on standard error unless told otherwise. */
import {
  destination,
  pino,
  stdTimeFunctions,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
} from 'pino';
import type { LogLevel } from './log-levels.ts';
import { cleanFieldsForLog, cleanForLog, maskCredentials } from './redaction.ts';

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
  const { secrets } = options;
  const mask = (text: string): string => maskCredentials(secrets === undefined ? text : without(text, secrets()));
  const cleanPart = (part: unknown): unknown => {
    if (part instanceof Error) return { err: cleanForLog(part, mask) };
    if (typeof part === 'object' && part !== null) return cleanFieldsForLog(part, mask);
    return typeof part === 'string' ? mask(part).slice(0, MESSAGE_MAX) : part;
  };
  const stream =
    options.destination ?? destination({ dest: STANDARD_ERROR, sync: false, maxLength: WAITING_BYTES_MAX });
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      // Errors are plain data by then, of which pino's own would write that they are of type Object.
      serializers: { err: (error: unknown) => error },
      formatters: {
        level: (label) => ({ level: label }),
      },
      hooks: {
        logMethod(parts, method) {
          method.apply(this, parts.map(cleanPart) as Parameters<typeof method>);
        },
        // Once more, as the values of a message only come together with it here.
        streamWrite: mask,
      },
    },
    stream,
  );
  // Children are made of the logger that they are children of, so they take this over.
  logger.child = childMaker(Reflect.get(logger, 'child') as Logger['child'], mask);
  return logger;
}

/** pino's own maker of children, with the bindings cleaned first. */
function childMaker(make: Logger['child'], mask: (text: string) => string): Logger['child'] {
  return function child(this: Logger, bindings: object, settings?: ChildLoggerOptions) {
    return Reflect.apply(make, this, [cleanFieldsForLog(bindings, mask), settings]);
  } as unknown as Logger['child'];
}

function without(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) {
    if (secret.length >= SECRET_LENGTH_MIN && masked.includes(secret)) masked = masked.replaceAll(secret, '[redacted]');
  }
  return masked;
}
