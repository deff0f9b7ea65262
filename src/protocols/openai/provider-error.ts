/** What a provider says in an error: in refusing, or within an answer it had begun with status 200. */
import { isRecord, type JsonRecord } from './json-record.ts';

export interface ProviderError {
  /** 400 to 599 when the error names one, else null. */
  readonly status: number | null;
  /** The error as an answer's body, `{"error": ...}`: for the client if the fault is its own, never for a log. */
  readonly body: Buffer;
  /** The key's quota or balance is used up, so that waiting does not help. */
  readonly isQuotaExhausted: boolean;
}

/**
 * Codes and types of errors, in lower case, that say that there is nothing left to spend. Only names count: "You exceeded
 * your current quota" is also what some say of a limit that passes in a minute.
 */
const QUOTA_NAMES: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_limit_user_error',
  'billing_not_active',
  'quota_exceeded',
  'insufficient_balance',
  'insufficient_credits',
  // Moonshot
  'exceeded_current_quota_error',
  // DashScope
  'arrearage',
]);

/** Longer messages are not worth keeping. */
const BODY_BYTES_MAX = 65_536;

/**
 * The error in a JSON answer or event, or null when it is none. Seen in use: `{"error": {...}}` (OpenAI,
 * OpenRouter, vLLM), `{"error": "text"}` (Ollama), `{"object": "error", ...}` (vLLM of old).
 */
export function readProviderError(answer: JsonRecord): ProviderError | null {
  const isBare = answer['object'] === 'error';
  const error = isBare ? answer : answer['error'];
  if (error === undefined || error === null || error === false) return null;
  const fields = isRecord(error) ? error : {};
  const candidates = [fields['status'], fields['status_code'], fields['code'], answer['status'], answer['code']];
  const body = Buffer.from(JSON.stringify({ error: isRecord(error) ? error : { message: String(error) } }));
  return {
    status: candidates.map(errorStatus).find((status) => status !== null) ?? null,
    body: body.length <= BODY_BYTES_MAX ? body : Buffer.from('{"error":{"message":"The provider failed."}}'),
    isQuotaExhausted: namesQuota(fields['code']) || namesQuota(fields['type']),
  };
}

/** Whether what a provider says in refusing names a quota or a balance that is used up. */
export function isQuotaRefusal(body: Buffer): boolean {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    return false;
  }
  return isRecord(answer) && readProviderError(answer)?.isQuotaExhausted === true;
}

function namesQuota(value: unknown): boolean {
  return typeof value === 'string' && QUOTA_NAMES.has(value.toLowerCase());
}

function errorStatus(value: unknown): number | null {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null;
}
