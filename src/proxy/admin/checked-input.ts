/** What comes with an admin call, validated. */
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { closedObject } from '../../config/closed-object.ts';
import { firstProblem, formatPath } from '../../config/problem-line.ts';
import type { RowSelection } from '../../log/row-selection.ts';
import { LOG_TABLES } from '../../log/schema.ts';
import { RECENT_REQUESTS_MAX } from '../watch/index.ts';
import { AdminError, wrongMediaType } from './admin-error.ts';

const COOL_MAX_MS = 30 * 86_400_000;
const ROWS_MAX = 1_000_000;
const NAME_LENGTH_MAX = 400;

/** `Date.parse` by itself takes nearly anything for a time, "-1" and "page 5" too. */
const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

const time = z
  .string()
  .transform((text) => {
    if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
    return ISO_TIME.test(text) ? Date.parse(text) : NaN;
  })
  .refine((timeMs) => Number.isFinite(timeMs), {
    error: 'expected Unix time in ms, or a time such as 2026-01-31T12:00Z',
  });
const name = z.string().min(1).max(NAME_LENGTH_MAX);
const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: 'expected a whole number' })
    .transform(Number)
    .pipe(z.number().min(1).max(max));

const selectionSchema = closedObject({
  table: z.enum(LOG_TABLES).default('decisions'),
  since: time.optional(),
  until: time.optional(),
  limit: wholeNumber(ROWS_MAX).optional(),
  target: name.optional(),
  requestId: name.optional(),
}).refine(({ since, until }) => since === undefined || until === undefined || since < until, {
  path: ['until'],
  error: 'must be later than since',
});

const recentSchema = closedObject({ limit: wholeNumber(RECENT_REQUESTS_MAX).optional() });

const coolSchema = closedObject({
  untilMs: z.number().optional(),
  forMs: z.number().gt(0).max(COOL_MAX_MS).optional(),
});

/** Which rows of the log a query asks for. @throws AdminError */
export function selectionOf(query: unknown): RowSelection {
  const { since, until, ...rest } = validated(query, selectionSchema);
  return { ...rest, sinceMs: since, untilMs: until };
}

/** How many of the recent requests a query asks for. @throws AdminError */
export function recentLimitOf(query: unknown): number {
  return validated(query, recentSchema).limit ?? RECENT_REQUESTS_MAX;
}

/** For calls that know no parameters: one that is given means something to whoever gave it. @throws AdminError */
export function refuseParameters(query: unknown): void {
  const [first] = Object.keys(query as Readonly<Record<string, unknown>>);
  if (first === undefined) return;
  throw new AdminError('bad_request', `${formatPath([first])}: unknown parameter; this call takes none`);
}

/** For calls that take no body: a field that is given means something to whoever gave it. @throws AdminError */
export function refuseFields(body: unknown): void {
  const given = parsedBody(body);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new AdminError('bad_request', 'The body must be empty or {}; this call takes no fields.');
  }
  const [first] = Object.keys(given);
  if (first === undefined) return;
  throw new AdminError('bad_request', `${formatPath([first])}: unknown field; this call takes none`);
}

/** Until when a target is to rest, from `{untilMs}` or `{forMs}`. @throws AdminError */
export function coolUntilMs(body: unknown, nowMs: number): number {
  const { untilMs, forMs } = validated(parsedBody(body), coolSchema);
  if ((untilMs === undefined) === (forMs === undefined)) {
    throw new AdminError('bad_request', 'Give either untilMs (Unix time, ms) or forMs (a length, ms).');
  }
  const until = untilMs ?? nowMs + (forMs ?? 0);
  if (until <= nowMs || until > nowMs + COOL_MAX_MS) {
    throw new AdminError(
      'bad_request',
      'untilMs: must lie in the future, at most 30 days ahead; disable the target instead.',
    );
  }
  return until;
}

/** Bodies of other types are not read by the proxy: to take them for none would be to ignore them. @throws AdminError */
export function refuseUnreadBody(body: unknown, headers: IncomingHttpHeaders): void {
  const isSent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (body === undefined && isSent) throw wrongMediaType();
}

/** What a body says, by a schema. @throws AdminError naming the first field that is wrong */
export function fieldsOf<Schema extends z.ZodType>(body: unknown, schema: Schema): z.output<Schema> {
  return validated(parsedBody(body), schema);
}

/** The proxy hands bodies on as bytes, because a client's go to a provider as they came. */
function parsedBody(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) return body ?? {};
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AdminError('bad_request', 'The body is not valid JSON.');
  }
}

function validated<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw new AdminError('bad_request', firstProblem(result.error, value).line);
  return result.data;
}
