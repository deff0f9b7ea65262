import * as z from 'zod';

/** What the proxy adds to a base URL by itself. */
const ENDPOINT_PATH = /\/(?:chat\/completions|embeddings)\/*$/;

/**
 * The address of a provider's API. Its complaints never quote: a password may stand in it, in front of the host or in
 * the query.
 */
export const baseUrlSchema = z
  .string()
  .superRefine((url, context) => {
    const problem = problemOf(url);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ format: 'uri' });

function problemOf(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return 'expected an address that starts with http:// or https://';
  }
  if (url.username !== '' || url.password !== '') {
    return 'has a user name or a password in it, which are not for a file; take them out and give secretEnv or secretFile';
  }
  if (url.hash !== '') return 'has a part after #, which is never sent; take it out';
  const endpoint = ENDPOINT_PATH.exec(url.pathname)?.[0];
  if (endpoint !== undefined) return `ends in ${endpoint}, which the proxy adds by itself; cut that off`;
  return null;
}
