/** The admin API of a running proxy, for commands. */
import { BadInput } from '../config/bad-input.ts';
import { readNamedFile } from '../config/file-trouble.ts';
import { CheckFailed } from './check-failed.ts';

/** What may stand in a header. */
const SECRET = /^[\x21-\x7e]+$/;
const TOKEN_VARIABLE = 'TOKEN_POOL_ADMIN';
/** An answer of the proxy itself; the call may wait for its event loop, no more. */
const PATIENCE_MS = 30_000;

export interface AdminClient {
  /** @throws BadInput, CheckFailed as {@link createAdminClient} says, {@link Unreachable} */
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body: unknown): Promise<Answer>;
}

/** Nobody answered; that may pass. */
export class Unreachable extends BadInput {}

/**
 * The admin token: the content of a file, else the environment variable `TOKEN_POOL_ADMIN`. Never taken from the command
 * line, where everybody could read it.
 *
 * @throws BadInput when there is none, or what there is cannot be one
 */
export function readAdminToken(path: string | undefined): string {
  const token = path === undefined ? (process.env[TOKEN_VARIABLE] ?? '') : readNamedFile(path).trim();
  if (path === undefined && token === '') {
    throw new BadInput(`the admin token is needed: set ${TOKEN_VARIABLE}, or name a file with --token-file`);
  }
  if (SECRET.test(token)) return token;
  throw new BadInput(`${path ?? TOKEN_VARIABLE}: does not hold an admin token (one word of plain characters)`);
}

/**
 * Calls end with their answer. An order that was refused is a `CheckFailed` with the proxy's own words; a call that makes no
 * sense, a wrong token and an address where nobody answers are a `BadInput`.
 *
 * @param to base URL of the proxy; that of its API (`/v1`, `/openai/v1`) does too
 * @throws BadInput when `to` is no such URL
 */
export function createAdminClient(to: string, token: string): AdminClient {
  const base = baseOf(to);
  const call = async <Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new Unreachable(`--to ${to}: nobody answers (${reasonOf(error)}); does the proxy run there?`);
    });
    const text = await response.text().catch(() => '');
    if (response.ok) return parsed(to, text) as Answer;
    throw refusal(to, response.status, text);
  };
  return { get: (path) => call('GET', path), post: (path, body) => call('POST', path, body) };
}

function baseOf(to: string): string {
  const url = URL.canParse(to) ? new URL(to) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new BadInput(`--to ${to}: is no URL of a proxy; it looks like http://127.0.0.1:3301`);
  }
  return `${url.origin}${url.pathname.replace(/(?:\/openai)?\/v1\/?$|\/$/, '')}`;
}

function refusal(to: string, status: number, text: string): Error {
  const message = messageIn(text);
  if (message === null)
    return new BadInput(
      `--to ${to}: answers with ${status}, and not as Token Pool does; is it the address of a proxy?`,
    );
  return status === 409 || status === 422 ? new CheckFailed(message) : new BadInput(`--to ${to}: ${message}`);
}

function messageIn(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    // Every error of ours has a code; other servers have words of their own, which would mislead.
    return typeof error?.code === 'string' && typeof error.message === 'string' ? error.message : null;
  } catch {
    return null;
  }
}

function parsed(to: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadInput(`--to ${to}: does not answer as Token Pool does; is it the address of a proxy?`);
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { readonly cause?: NodeJS.ErrnoException };
  return cause?.code ?? message;
}
