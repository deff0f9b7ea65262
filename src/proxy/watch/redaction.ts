/**
 * Makes plain data fit for a log of whatever somebody hands to the logger: no headers but harmless ones, no bodies, no
 * secrets, nothing long, nothing deep. It takes what it knows rather than leave out what it knows, wherever it can.
 */
const DEPTH_MAX = 5;
const ENTRIES_MAX = 40;
/** Fields of one value, at all depths. */
const FIELDS_MAX = 200;
const TEXT_MAX = 500;
/** Of a text so much is looked at: a secret that the cut goes through is masked as well. */
const MASKED_MAX = 4 * TEXT_MAX;
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

/** Credentials as they look in a text, also in a JSON text and in one within a JSON text. */
const CREDENTIAL_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [
    /([?&\s;,]|^)([\w-]{0,40}(?:api[-_]?key|token|secret|authorization|cookie|passw(?:or)?d)|key)=[^\s"'&,;\\]{6,}/gi,
    `$1$2=${REDACTED}`,
  ],
  [
    /(\\?"[\w-]{0,40}(?:api[-_]?key|token|secret|authorization|cookie|passw(?:or)?d)\\?"\s*:\s*\\?")[^"\\]{6,}/gi,
    `$1${REDACTED}`,
  ],
  [/\b(api[-_]?key|authorization|cookie)\s*:\s*[^\s"'\\,;[]{6,}/gi, `$1: ${REDACTED}`],
  [/\b(?:(?:sk|rk|gsk|xai|ghp|hf)[-_]|AIza)[A-Za-z0-9_-]{12,}/g, REDACTED],
];

/** Masks what looks like a credential in a text; a JSON text stays one. */
export function maskCredentials(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of CREDENTIAL_TEXTS) masked = masked.replace(pattern, replacement);
  return masked;
}

/** One value that is being cleaned: fields that may still be taken, and what its texts go through. */
interface Cleaning {
  fieldsLeft: number;
  readonly mask: (text: string) => string;
}

/**
 * The loggable part of a value: plain data, never the value itself.
 *
 * @param mask what each text goes through before it is cut
 */
export function cleanForLog(value: unknown, mask: (text: string) => string = maskCredentials): unknown {
  return clean(value, 0, { fieldsLeft: FIELDS_MAX, mask });
}

/** As {@link cleanForLog}, of something that has fields. */
export function cleanFieldsForLog(value: object, mask?: (text: string) => string): Record<string, unknown> {
  const cleaned = cleanForLog(value, mask);
  if (typeof cleaned !== 'object' || cleaned === null || Array.isArray(cleaned)) return { value: cleaned };
  return cleaned as Record<string, unknown>;
}

function clean(value: unknown, depth: number, cleaning: Cleaning): unknown {
  switch (typeof value) {
    case 'string':
      return shortText(value, cleaning);
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : cleanObject(value, depth, cleaning);
    default:
      return undefined;
  }
}

function cleanObject(value: object, depth: number, cleaning: Cleaning): unknown {
  if (value instanceof Error) return cleanError(value, depth, cleaning);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_MAX) return '[deep]';
  if (Array.isArray(value)) {
    const entries = value.slice(0, Math.max(0, Math.min(ENTRIES_MAX, cleaning.fieldsLeft)));
    cleaning.fieldsLeft -= entries.length;
    return entries.map((entry) => clean(entry, depth + 1, cleaning));
  }
  return isPlain(value) && !isCall(value) ? cleanFields(value, depth, cleaning) : cleanInstance(value, cleaning);
}

function cleanFields(value: object, depth: number, cleaning: Cleaning): Record<string, unknown> {
  const cleaned: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value).slice(0, ENTRIES_MAX)) {
    if (name === '__proto__' || cleaning.fieldsLeft <= 0) continue;
    cleaning.fieldsLeft--;
    cleaned[name] = cleanField(name, field, depth, cleaning);
  }
  return cleaned;
}

function cleanField(name: string, field: unknown, depth: number, cleaning: Cleaning): unknown {
  const isFigure = typeof field === 'number' || typeof field === 'boolean' || field === null || field === undefined;
  if (isFigure) return field;
  if (HEADERS_NAME.test(name)) return cleanHeaders(field, cleaning);
  if (SECRET_NAME.test(name)) return REDACTED;
  if (TEXT_NAME.test(name)) return LEFT_OUT;
  if (name === 'url' && typeof field === 'string') return pathOf(field, cleaning);
  return clean(field, depth + 1, cleaning);
}

function cleanHeaders(headers: unknown, cleaning: Cleaning): unknown {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return LEFT_OUT;
  const harmless = Object.entries(headers).filter(([name]) => HARMLESS_HEADERS.has(name.toLowerCase()));
  return Object.fromEntries(harmless.map(([name, value]) => [name, shortText(String(value), cleaning)]));
}

function cleanError(error: Error, depth: number, cleaning: Cleaning): Record<string, unknown> {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
  return {
    type: error.name,
    message: shortText(error.message, cleaning),
    code: typeof code === 'string' ? shortText(code, cleaning) : undefined,
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    cause: error.cause === undefined || depth >= DEPTH_MAX ? undefined : clean(error.cause, depth + 1, cleaning),
    stack: error.stack === undefined ? undefined : cleaning.mask(error.stack).slice(0, STACK_MAX),
  };
}

/** Something with a life of its own: a request, an answer, a socket. Of calls a little is taken, of others the name. */
function cleanInstance(value: object, cleaning: Cleaning): unknown {
  const { method, url, id, statusCode } = value as Readonly<Record<string, unknown>>;
  if (typeof method === 'string' && typeof url === 'string') {
    const requestId = typeof id === 'string' ? shortText(id, cleaning) : undefined;
    return { method: shortText(method, cleaning), path: pathOf(url, cleaning), id: requestId };
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
function pathOf(url: string, cleaning: Cleaning): string {
  return shortText(url.split(/[?#]/, 1)[0] ?? '', cleaning);
}

function shortText(text: string, { mask }: Cleaning): string {
  const masked = mask(text.length > MASKED_MAX ? text.slice(0, MASKED_MAX) : text);
  return masked.length > TEXT_MAX ? `${masked.slice(0, TEXT_MAX)}...` : masked;
}
