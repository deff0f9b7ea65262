import { useCallback, useRef, useState } from 'preact/hooks';
import { askModel, type AnswerSoFar, type Message } from './ask-model.ts';
import { troubleText } from '../session/console-api.ts';
import { tokenLimitOf } from './token-limit.ts';

/** A question and what came of it. */
export interface Exchange {
  readonly id: number;
  readonly question: string;
  readonly answer: AnswerSoFar | null;
  readonly trouble: string | null;
  readonly state: 'asking' | 'done' | 'stopped' | 'failed';
}

export interface Settings {
  /** In the memory of this page alone: never stored, gone with a reload. */
  readonly clientKey: string;
  readonly model: string;
  readonly system: string;
  /** As typed; empty: no limit. */
  readonly maxTokens: string;
}

export interface ConversationControl {
  readonly settings: Settings;
  readonly change: (settings: Partial<Settings>) => void;
  readonly exchanges: readonly Exchange[];
  readonly isAsking: boolean;
  /** @param model the one chosen, or the first that may be asked for */
  readonly ask: (question: string, model: string) => Promise<void>;
  readonly stop: () => void;
  readonly clear: () => void;
  /** Everything of it, the client key too. */
  readonly forget: () => void;
}

const NO_SETTINGS: Settings = { clientKey: '', model: '', system: '', maxTokens: '' };

/** A conversation through the proxy. */
export function useConversation(): ConversationControl {
  const [settings, setSettings] = useState(NO_SETTINGS);
  const [exchanges, setExchanges] = useState<readonly Exchange[]>([]);
  const asking = useRef<AbortController | null>(null);

  const change = useCallback((changes: Partial<Settings>) => setSettings((now) => ({ ...now, ...changes })), []);
  const update = (id: number, changes: Partial<Exchange>): void =>
    setExchanges((all) => all.map((each) => (each.id === id ? { ...each, ...changes } : each)));

  const ask = async (question: string, model: string): Promise<void> => {
    const id = (exchanges.at(-1)?.id ?? 0) + 1;
    const controller = new AbortController();
    asking.current = controller;
    setExchanges((all) => [...all, { id, question, answer: null, trouble: null, state: 'asking' }]);
    try {
      const messages = messagesOf(settings.system, exchanges, question);
      const { clientKey } = settings;
      await askModel(
        { clientKey, model, messages, maxTokens: tokenLimitOf(settings.maxTokens).tokens },
        controller.signal,
        (answer) => update(id, { answer }),
      );
      update(id, { state: 'done' });
    } catch (error) {
      if (controller.signal.aborted) update(id, { state: 'stopped' });
      else update(id, { state: 'failed', trouble: troubleText(error) });
    } finally {
      asking.current = null;
    }
  };

  return {
    settings,
    change,
    exchanges,
    isAsking: exchanges.at(-1)?.state === 'asking',
    ask,
    stop: () => asking.current?.abort(),
    clear: () => setExchanges([]),
    forget: () => {
      asking.current?.abort();
      setSettings(NO_SETTINGS);
      setExchanges([]);
    },
  };
}

/** What was said so far; questions without an answer are left out, as a model would take them for part of the next. */
function messagesOf(system: string, exchanges: readonly Exchange[], question: string): readonly Message[] {
  const told = exchanges.flatMap(({ question: asked, answer, state }): Message[] =>
    state === 'failed' || answer === null || answer.text === ''
      ? []
      : [
          { role: 'user', content: asked },
          { role: 'assistant', content: answer.text },
        ],
  );
  const instructions: Message[] = system.trim() === '' ? [] : [{ role: 'system', content: system }];
  return [...instructions, ...told, { role: 'user', content: question }];
}
