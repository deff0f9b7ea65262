/** What comes with an admin call, validated. */
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { closedObject } from '../../config/closed-object.ts';
import { firstProblem } from '../../config/problem-line.ts';
import type { RowSelection } from '../../log/row-selection.ts';
import { LOG_TABLES } from '../../log/schema.ts';
import { AdminError, wrongMediaType } from './admin-error.ts';

const COOL_MAX_MS = 30 * 86_400_000;
const ROWS_MAX = 1_000_000;
const NAME_LENGTH_MAX = 400;

const time = z
  .string()
  .transform((text) => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Date.parse(text)))
  .refine((timeMs) => Number.isFinite(timeMs), {
    error: 'expected Unix time in ms, or a time such as 2026-01-31T12:00Z',
  });
const name = z.string().min(1).max(NAME_LENGTH_MAX);

const selectionSchema = closedObject({
  table: z.enum(LOG_TABLES),
  since: time.optional(),
  until: time.optional(),
  limit: z
    .string()
    .regex(/^\d{1,9}$/, { error: 'expected a whole number' })
    .transform(Number)
    .pipe(z.number().min(1).max(ROWS_MAX))
    .optional(),
  target: name.optional(),
  requestId: name.optional(),
});

const coolSchema = closedObject({
  untilMs: z.number().optional(),
  forMs: z.number().gt(0).max(COOL_MAX_MS).optional(),
});

/** Which rows of the log a query asks for. @throws AdminError */
export function selectionOf(query: unknown): RowSelection {
  const { since, until, ...rest } = validated(query, selectionSchema);
  return { ...rest, sinceMs: since, untilMs: until };
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

/** The proxy hands bodies on as bytes, because a client's go to a provider as they came. */
function parsedBody(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) return body ?? {};
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
