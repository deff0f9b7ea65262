/**
 * Makes plain data fit for a log of whatever somebody hands to the logger: no headers but harmless ones, no bodies, no
 * secrets, nothing long, nothing deep. It takes what it knows rather than leave out what it knows, wherever it can.
 */
const DEPTH_MAX = 5;
const ENTRIES_MAX = 40;
const TEXT_MAX = 500;
const STACK_MAX = 4_000;

const REDACTED = '[redacted]';
const LEFT_OUT = '[left out]';

/** Headers that say nothing of anybody. */
const HARMLESS_HEADERS = new Set([
  'accept',
  'content-encoding',
  'content-length',
  'content-type',
  'retry-after',
  'retry-after-ms',
  'traceparent',
  'transfer-encoding',
  'user-agent',
  'x-request-id',
]);
/** Names of what is secret, unless it is a number or a flag. */
const SECRET_NAME = /authori[sz]ation|api[-_]?key|cookie|secret|passw|token|credential|bearer/i;
/** Names of what people and models say, or of what holds it. */
const TEXT_NAME =
  /^(?:raw[-_]?)?(?:body|payload|prompts?|messages|inputs?|content|contents|texts?|choices|completions?|delta|chunks?|instructions|system|tools|tool_calls|response|data|buffer)$/i;
const HEADERS_NAME = /headers$/i;

/** Credentials as they look in a text: after `Bearer` or `Basic`, in a query, or with a well-known beginning. */
const CREDENTIAL_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [/((?:^|[?&"'\s{,;])(?:[\w-]*(?:api[-_]?key|token|secret|authorization|cookie)|key)\\?["']?\s*[:=]\s*\\?["']?)[^\s"'&,;\\]{6,}/gi, `$1${REDACTED}`],
  [/\b(?:sk|pk|rk|gsk|xai|hf|tp|ghp|AIza)[-_][A-Za-z0-9_-]{8,}/g, REDACTED],
];

/** Masks what looks like a credential in a text. */
export function maskCredentials(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of CREDENTIAL_TEXTS) masked = masked.replace(pattern, replacement);
  return masked;
}

/** The loggable part of a value: plain data, never the value itself. */
export function cleanForLog(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
      return shortText(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (value instanceof Error) return cleanError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_MAX) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((entry) => cleanForLog(entry, depth + 1));
  return isPlain(value) && !isCall(value) ? cleanFields(value, depth) : cleanInstance(value);
}

/** As {@link cleanForLog}, of something that has fields. */
export function cleanFieldsForLog(value: object): Record<string, unknown> {
  const clean = cleanForLog(value);
  if (typeof clean === 'object' && clean !== null && !Array.isArray(clean)) return clean as Record<string, unknown>;
  return { value: clean };
}

function cleanFields(value: object, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value).slice(0, ENTRIES_MAX)) {
    if (name === '__proto__') continue;
    clean[name] = cleanField(name, field, depth);
  }
  return clean;
}

function cleanField(name: string, field: unknown, depth: number): unknown {
  const isFigure = typeof field === 'number' || typeof field === 'boolean' || field === null || field === undefined;
  if (isFigure) return field;
  if (HEADERS_NAME.test(name)) return cleanHeaders(field);
  if (SECRET_NAME.test(name)) return REDACTED;
  if (TEXT_NAME.test(name)) return LEFT_OUT;
  if (name === 'url' && typeof field === 'string') return pathOf(field);
  return cleanForLog(field, depth + 1);
}

function cleanHeaders(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return LEFT_OUT;
  const harmless = Object.entries(headers).filter(([name]) => HARMLESS_HEADERS.has(name.toLowerCase()));
  return Object.fromEntries(harmless.map(([name, value]) => [name, shortText(String(value))]));
}

function cleanError(error: Error, depth: number): Record<string, unknown> {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
  const stack = error.stack === undefined ? undefined : maskCredentials(error.stack).slice(0, STACK_MAX);
  return {
    type: error.name,
    message: shortText(error.message),
    code: typeof code === 'string' ? code : undefined,
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    cause: error.cause === undefined || depth >= DEPTH_MAX ? undefined : cleanForLog(error.cause, depth + 1),
    stack,
  };
}

/** Something with a life of its own: a request, an answer, a socket. Of calls a little is taken, of others the name. */
function cleanInstance(value: object): unknown {
  const { method, url, id, statusCode } = value as Readonly<Record<string, unknown>>;
  if (typeof method === 'string' && typeof url === 'string') {
    return { method, path: pathOf(url), id: typeof id === 'string' ? shortText(id) : undefined };
  }
  if (typeof statusCode === 'number') return { statusCode };
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
  return `[${typeof constructor?.name === 'string' && constructor.name !== '' ? constructor.name : 'object'}]`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A request by its looks, however it was made. */
function isCall(value: object): boolean {
  return 'method' in value && 'url' in value && ('headers' in value || 'body' in value || 'raw' in value);
}

/** A query can hold a key. */
function pathOf(url: string): string {
  return shortText(url.split(/[?#]/, 1)[0] ?? '');
}

function shortText(text: string): string {
  const masked = maskCredentials(text.length > 2 * TEXT_MAX ? text.slice(0, 2 * TEXT_MAX) : text);
  return masked.length > TEXT_MAX ? `${masked.slice(0, TEXT_MAX)}...` : masked;
}
