import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SessionPage } from '../../proxy/console/contract.ts';
import { ApiError, createApi, readSession, signOut, troubleText, type ConsoleApi } from './console-api.ts';

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
const LEFT = 'You have signed out.';
const LEFT_UNHEARD = 'You have left this page, but the proxy could not be told: your session there may still be open.';

/** The session of this page. The address is left alone, so whoever signs in again is where one was. */
export function useSession(): SessionControl {
  const [page, setPage] = useState<SessionPage | null>(null);
  const [message, setMessage] = useState<string | null>(null);

  // The proxy ends the live stream with the session, and that is no news to whoever has just signed out.
  const isLeaving = useRef(false);

  const arrive = useCallback((next: SessionPage): void => {
    isLeaving.current = false;
    setMessage(null);
    setPage(next);
  }, []);
  const expire = useCallback((): void => {
    if (isLeaving.current) return;
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
    isLeaving.current = true;
    const words = await signOut(csrfToken).then(
      () => LEFT,
      // A session that was over already is as good as left.
      (error: unknown) => (error instanceof ApiError && error.status === 401 ? LEFT : LEFT_UNHEARD),
    );
    setMessage(words);
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
