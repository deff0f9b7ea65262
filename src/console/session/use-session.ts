import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { SessionPage } from '../../proxy/console/contract.ts';
import { createApi, readSession, signOut, troubleText, type ConsoleApi } from './console-api.ts';

type SignedIn = Extract<SessionPage, { readonly state: 'signed-in' }>;

/** Where the visitor stands. `message`: why one has to sign in, or that the proxy cannot be asked. */
export type Visit =
  | { readonly state: 'asking'; readonly message: string | null }
  | { readonly state: 'off'; readonly advice: string }
  | { readonly state: 'signed-out'; readonly message: string | null }
  | { readonly state: 'signed-in'; readonly session: SignedIn; readonly api: ConsoleApi };

export interface SessionControl {
  readonly visit: Visit;
  /** The answer to a login. */
  readonly arrive: (page: SessionPage) => void;
  /** The session has ended by itself. */
  readonly expire: () => void;
  readonly leave: () => Promise<void>;
}

const ASK_AGAIN_MS = 3_000;
const EXPIRED = 'Your session has ended. Sign in again to go on where you were.';

/** The session of this page. The address is left alone, so whoever signs in again is where one was. */
export function useSession(): SessionControl {
  const [page, setPage] = useState<SessionPage | null>(null);
  const [message, setMessage] = useState<string | null>(null);

  const arrive = useCallback((next: SessionPage): void => {
    setMessage(null);
    setPage(next);
  }, []);
  const expire = useCallback((): void => {
    setMessage(EXPIRED);
    setPage({ state: 'signed-out' });
  }, []);

  const isAsking = page === null;
  useEffect(() => {
    if (!isAsking) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const ask = async (): Promise<void> => {
      try {
        const answer = await readSession();
        if (!isOver) arrive(answer);
      } catch (error) {
        if (isOver) return;
        setMessage(`${troubleText(error)} Trying again.`);
        timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
      }
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isAsking, arrive]);

  const csrfToken = page?.state === 'signed-in' ? page.csrfToken : null;
  const api = useMemo(() => (csrfToken === null ? null : createApi(csrfToken, expire)), [csrfToken, expire]);
  const leave = useCallback(async (): Promise<void> => {
    if (csrfToken === null) return;
    // Whatever comes of it: one wants to be gone.
    await signOut(csrfToken).catch(() => undefined);
    setMessage(null);
    setPage({ state: 'signed-out' });
  }, [csrfToken]);

  return { visit: visitOf(page, api, message), arrive, expire, leave };
}

function visitOf(page: SessionPage | null, api: ConsoleApi | null, message: string | null): Visit {
  switch (page?.state) {
    case undefined:
      return { state: 'asking', message };
    case 'off':
      return page;
    case 'signed-out':
      return { state: 'signed-out', message };
    case 'signed-in':
      return api === null ? { state: 'asking', message } : { state: 'signed-in', session: page, api };
  }
}
