/** Calls to the proxy's console: with the session's cookie, and its CSRF token on orders. */
import type { CsrfHeader, ErrorPage, LoginForm, SessionPage } from '../../proxy/console/contract.ts';

const CSRF_HEADER: CsrfHeader = 'x-token-pool-csrf';
const BASE = '/console';

/** The proxy answered, and the answer is no. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** When trying again may help, s; null: it was not said. */
  readonly retryAfterS: number | null;

  constructor(status: number, code: string, message: string, retryAfterS: number | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** The proxy did not answer. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor() {
    super('The proxy cannot be reached.');
  }
}

/** What views ask of the proxy; paths are those of the admin API without `/admin`. */
export interface ConsoleApi {
  /** @throws ApiError, Unreachable */
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** @throws ApiError, Unreachable */
  post<T>(path: string, body?: object): Promise<T>;
}

/** @throws Unreachable */
export function readSession(): Promise<SessionPage> {
  return called<SessionPage>('/session', {});
}

/** @throws ApiError when the token is wrong or tries were too many, Unreachable */
export function signIn(form: LoginForm): Promise<SessionPage> {
  return called<SessionPage>('/login', posted(form, null));
}

/** @throws ApiError, Unreachable */
export function signOut(csrfToken: string): Promise<SessionPage> {
  return called<SessionPage>('/logout', posted({}, csrfToken));
}

/** @param expired told when an answer says that the session is over */
export function createApi(csrfToken: string, expired: () => void): ConsoleApi {
  const call = async <T>(path: string, init: RequestInit): Promise<T> => {
    try {
      return await called<T>(`/api${path}`, init);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) expired();
      throw error;
    }
  };
  return {
    get: (path, signal) => call(path, signal === undefined ? {} : { signal }),
    post: (path, body = {}) => call(path, posted(body, csrfToken)),
  };
}

/** What to tell a person of a call that failed. */
export function troubleText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function posted(body: object, csrfToken: string | null): RequestInit {
  const token = csrfToken === null ? {} : { [CSRF_HEADER]: csrfToken };
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...token },
    body: JSON.stringify(body),
  };
}

async function called<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${BASE}${path}`, { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Unreachable();
  }
  if (response.ok) return (await response.json()) as T;
  throw await errorOf(response);
}

async function errorOf(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get('retry-after') ?? NaN);
  const retryAfterS = Number.isFinite(after) ? after : null;
  try {
    const { error } = (await response.json()) as ErrorPage;
    return new ApiError(response.status, error.code, error.message, retryAfterS);
  } catch {
    return new ApiError(response.status, 'unknown', `The proxy answered ${response.status}.`, retryAfterS);
  }
}
