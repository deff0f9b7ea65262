import { useEffect, useRef, useState } from 'preact/hooks';
import { plural } from '../../reports/format.ts';
import type { SessionPage } from '../proxy/console/contract.ts';
import { Trouble } from './parts/trouble.tsx';
import { ApiError, signIn, troubleText } from './session/console-api.ts';

export interface SignInProps {
  /** Why one is asked: the session has ended, or one has left it. */
  readonly message: string | null;
  readonly onSignedIn: (page: SessionPage) => void;
}

/** Asks for the admin token. It is sent once and kept nowhere on the page. */
export function SignIn({ message, onSignedIn }: SignInProps) {
  const [token, setToken] = useState('');
  const [isUnderWay, setUnderWay] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const send = async (): Promise<void> => {
    setUnderWay(true);
    setTrouble(null);
    try {
      onSignedIn(await signIn({ token }));
    } catch (error) {
      setTrouble(refusalText(error));
      setUnderWay(false);
      setToken('');
      field.current?.focus();
    }
  };
  return (
    <main class="gate" id="main">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <p class="eyebrow">Token Pool</p>
        <h1>Console</h1>
        <div role="status">{message === null ? null : <p class="notice">{message}</p>}</div>
        <label for="token">Admin token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="current-password"
          required
          value={token}
          aria-describedby="token-help"
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <p id="token-help" class="hint">
          The one that the proxy's configuration names under <code>admin</code>.
        </p>
        <Trouble text={trouble} />
        <button type="submit" class="primary" disabled={isUnderWay || token.trim() === ''}>
          {isUnderWay ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

/** The proxy has no admin token, so nobody can sign in. */
export function ConsoleOff({ advice }: { readonly advice: string }) {
  return (
    <main class="gate" id="main">
      <section class="card">
        <p class="eyebrow">Token Pool</p>
        <h1>The console is off</h1>
        <p>This proxy has no admin token, so nobody can sign in.</p>
        <p>To turn it on, {advice}, then start the proxy again or reload it.</p>
      </section>
    </main>
  );
}

/** The proxy was asked who this is, and has not answered yet. */
export function Asking({ message }: { readonly message: string | null }) {
  return (
    <main class="gate" id="main">
      <section class="card" role="status">
        <p class="eyebrow">Token Pool</p>
        <h1>Console</h1>
        <p>{message ?? 'Asking the proxy …'}</p>
      </section>
    </main>
  );
}

function refusalText(error: unknown): string {
  if (!(error instanceof ApiError)) return troubleText(error);
  if (error.status === 429) {
    const wait = error.retryAfterS === null ? 'a while' : plural(Math.ceil(error.retryAfterS), 'second');
    return `Too many tries with a wrong token came from this address. Wait ${wait}, then try again.`;
  }
  return error.status === 401 ? 'That is not the admin token.' : error.message;
}
