/**
 * How far an attempt got at the provider, read off its outcome. The steps are those in which `refusal.ts` and
 * `answer.ts` of the twins settle an attempt: a connection, the limits, the model, the answer.
 */
import { KIND_CODE, type AttemptTable } from './attempt-table.ts';

export const FATE = {
  /** Nothing that is known: the client left before anything came, or somebody else than the provider failed. */
  unknown: 0,
  /** The provider answered that the client or its key is at fault: 4xx other than 408 and 429. */
  refused: 1,
  limited: 2,
  /** No connection came about in time. */
  unconnected: 3,
  /** A failure before any token that says that nobody is there to serve: connections refused, 502, 503, 504, 529. */
  unavailable: 4,
  /** Any other failure of the provider before any token. */
  serverError: 5,
  /** The router's patience ended before the first token; the provider was at work on it. */
  slow: 6,
  /** The answer had begun when the client or the router ended it. */
  cut: 7,
  /** The answer had begun when the provider broke it off. */
  aborted: 8,
  answered: 9,
} as const;
export type Fate = (typeof FATE)[keyof typeof FATE];

/** Failures between here and the provider, or of a key's balance: they say nothing of the provider's state. */
const FAULTS_OF_OTHERS: ReadonlySet<string> = new Set([
  'invalid_call',
  'out_of_sockets',
  'proxy_closed',
  'quota_exhausted',
  'restart',
  'shutdown',
  'upstream_body_too_large',
]);

const NOBODY_THERE: ReadonlySet<string> = new Set([
  'bad_gateway',
  'connection_refused',
  'dns_failed',
  'gateway_timeout',
  'overloaded',
  'service_unavailable',
  'tls_failed',
  'unreachable',
]);
const NOBODY_THERE_STATUS: ReadonlySet<number> = new Set([502, 503, 504, 529]);

/**
 * Reads the {@link FATE} of a row.
 *
 * An answer has begun when a token was seen or counted. A connection that is reset while an answer is awaited that is
 * not streamed counts as an answer that broke off: errors before the answer are told by a status.
 */
export function fateReader(table: AttemptTable): (row: number) => Fate {
  const { errorCodes } = table;
  const isOfOthers = errorCodes.map((code) => FAULTS_OF_OTHERS.has(code));
  const isNobodyThere = errorCodes.map((code) => NOBODY_THERE.has(code));
  const connectTimeout = errorCodes.indexOf('connect_timeout');
  const connectionReset = errorCodes.indexOf('connection_reset');
  const streamBroken = errorCodes.indexOf('stream_broken');

  function failure(row: number, code: number): Fate {
    const status = table.status[row]!;
    if (isOfOthers[code]!) return FATE.unknown;
    if (status >= 400 && status < 500 && status !== 408) return FATE.refused;
    if (code === connectTimeout) return FATE.unconnected;
    if (code === streamBroken || hasBegun(table, row)) return FATE.aborted;
    if (code === connectionReset && status === 0 && table.stream[row] === 0) return FATE.aborted;
    return isNobodyThere[code]! || NOBODY_THERE_STATUS.has(status) ? FATE.unavailable : FATE.serverError;
  }

  return (row) => {
    const code = table.errorCode[row]!;
    switch (table.kind[row]) {
      case KIND_CODE.success:
        return FATE.answered;
      case KIND_CODE.limited:
        return FATE.limited;
      case KIND_CODE.cancelled:
        return hasBegun(table, row) ? FATE.cut : FATE.unknown;
      case KIND_CODE.timeout:
        if (code === connectTimeout) return FATE.unconnected;
        return hasBegun(table, row) ? FATE.cut : FATE.slow;
      default:
        return failure(row, code);
    }
  };
}

function hasBegun(table: AttemptTable, row: number): boolean {
  return table.firstTokenMs[row]! >= 0 || table.outputTokens[row]! > 0;
}
