import { useCallback, useEffect, useState } from 'preact/hooks';
import { troubleText, type ConsoleApi } from '../session/console-api.ts';
import { isAttended } from './attendance.ts';

/** The answer to a question, and what went wrong with the last try. */
export interface Asked<T> {
  readonly answer: T | null;
  readonly trouble: string | null;
  readonly isAsking: boolean;
  readonly askAgain: () => void;
}

interface State<T> {
  readonly answer: T | null;
  readonly trouble: string | null;
  readonly isAsking: boolean;
}

/**
 * Asks the proxy for a page, anew when the path or `version` changes, and every `everyMs` while somebody is at the page.
 * An old answer stays until a new one is there; that of another path goes at once.
 *
 * @param everyMs 0: once
 */
export function useAsked<T>(api: ConsoleApi, path: string, everyMs = 0, version: unknown = null): Asked<T> {
  const [state, setState] = useState<State<T>>({ answer: null, trouble: null, isAsking: true });
  const [round, setRound] = useState(0);
  useEffect(() => setState({ answer: null, trouble: null, isAsking: true }), [path]);
  useEffect(() => {
    const ending = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const answer = await api.get<T>(path, ending.signal);
        if (!ending.signal.aborted) setState({ answer, trouble: null, isAsking: false });
      } catch (error) {
        if (ending.signal.aborted) return;
        setState(({ answer }) => ({ answer, trouble: troubleText(error), isAsking: false }));
      }
    };
    void ask();
    const timer = everyMs === 0 ? undefined : setInterval(() => void (isAttended() && ask()), everyMs);
    return () => {
      ending.abort();
      clearInterval(timer);
    };
  }, [api, path, everyMs, version, round]);
  const askAgain = useCallback(() => setRound((count) => count + 1), []);
  return { ...state, askAgain };
}
