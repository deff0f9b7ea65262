/** An error that a provider put into an answer it had begun with status 200. */
import { isRecord, type JsonRecord } from './json-record.ts';

export interface ProviderError {
  /** 400 to 599 when the error names one, else null. */
  readonly status: number | null;
  /** The error as an answer's body, `{"error": ...}`: for the client if the fault is its own, never for a log. */
  readonly body: Buffer;
}

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
  };
}

function errorStatus(value: unknown): number | null {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null;
}
