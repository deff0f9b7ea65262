import { randomBytes } from 'node:crypto';

/** Ids of requests: unique over restarts, short, and in order within a run. */
export interface RequestIds {
  /** The client's own `x-token-pool-request-id` where it has a proper one that is not in use, else a new one. */
  idFor(headers: Readonly<Record<string, string | readonly string[] | undefined>>): string;
}

/** An id that a client may give its request. */
export const CLIENT_REQUEST_ID = /^[\w.:-]{1,96}$/;

/** @param isOpen whether a request of that id is under way */
export function createRequestIds(isOpen: (requestId: string) => boolean): RequestIds {
  const run = randomBytes(5).toString('hex');
  let count = 0;
  return {
    idFor(headers) {
      const given = headers['x-token-pool-request-id'];
      if (typeof given === 'string' && CLIENT_REQUEST_ID.test(given) && !isOpen(given)) return given;
      count += 1;
      return `tp-${run}-${count}`;
    },
  };
}
