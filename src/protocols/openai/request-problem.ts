/** What is wrong with a client's call. The message never quotes the body: it may hold a prompt. */

/** The client's mistake. `NO_STANDARDIZED_REQUEST`: there is nothing in it but routing instructions. */
export interface RequestProblem {
  readonly kind: 'problem';
  readonly status: 400;
  readonly code: 'invalid_json' | 'missing_field' | 'invalid_type' | 'invalid_value' | 'NO_STANDARDIZED_REQUEST';
  /** The field, such as `messages[2]`, or the header; null when it is the body as a whole. */
  readonly param: string | null;
  readonly message: string;
}

export function problem(code: RequestProblem['code'], param: string | null, message: string): RequestProblem {
  return { kind: 'problem', status: 400, code, param, message };
}

export function wrongType(param: string, expected: string): RequestProblem {
  return problem('invalid_type', param, `'${param}' must be ${expected}.`);
}
