/** Errors in the form of the OpenAI API. */

interface ErrorForm {
  readonly message: string;
  readonly type: string;
  readonly code: string | null;
}

const FORMS: Readonly<Record<number, ErrorForm>> = {
  400: { message: 'The request is malformed.', type: 'invalid_request_error', code: null },
  401: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
  403: { message: 'You are not allowed to use this.', type: 'permission_error', code: 'permission_denied' },
  404: { message: 'Unknown request URL.', type: 'invalid_request_error', code: 'unknown_url' },
  405: { message: 'This method is not allowed here.', type: 'invalid_request_error', code: 'method_not_allowed' },
  413: { message: 'The request is too large.', type: 'invalid_request_error', code: 'request_too_large' },
  429: { message: 'Rate limit reached. Please try again later.', type: 'requests', code: 'rate_limit_exceeded' },
  500: {
    message: 'The server had an error while processing your request.',
    type: 'server_error',
    code: 'server_error',
  },
  502: { message: 'Bad gateway.', type: 'server_error', code: 'bad_gateway' },
  503: { message: 'The service is unavailable.', type: 'server_error', code: 'service_unavailable' },
  504: { message: 'Gateway timeout.', type: 'server_error', code: 'gateway_timeout' },
  529: { message: 'The service is overloaded.', type: 'overloaded_error', code: 'overloaded' },
};

/**
 * The JSON text of an error.
 *
 * @param status HTTP status, 400 or above
 * @param message in place of the status's own; must not repeat what the client sent beyond a model's name
 */
export function errorBody(
  status: number,
  message?: string,
  param: string | null = null,
  code: string | null = FORMS[status]?.code ?? null,
): string {
  const form = FORMS[status] ?? { message: 'The request failed.', type: status < 500 ? 'api_error' : 'server_error' };
  return JSON.stringify({ error: { message: message ?? form.message, type: form.type, param, code } });
}
