import { useEffect, useRef, useState } from 'preact/hooks';
import { Trouble } from '../parts/trouble.tsx';
import { troubleText } from '../session/console-api.ts';
import { CallFailed, listModels } from './ask-model.ts';
import { AnswerCard } from './answer-card.tsx';
import { tokenLimitOf } from './token-limit.ts';
import type { ConversationControl } from './use-conversation.ts';

/** A place to try what clients would get. */
export function PlaygroundView({ conversation }: { readonly conversation: ConversationControl }) {
  const { settings, exchanges, isAsking, ask, stop, clear } = conversation;
  const [question, setQuestion] = useState('');
  const models = useModels(settings.clientKey);
  const model = modelOf(settings.model, models.names);
  const { problem: limitProblem } = tokenLimitOf(settings.maxTokens);
  const canAsk = !isAsking && question.trim() !== '' && model !== '' && limitProblem === null;
  const send = (): void => {
    if (!canAsk) return;
    setQuestion('');
    void ask(question, model);
  };
  return (
    <div class="playground">
      <SettingsForm conversation={conversation} models={models} model={model} />
      <section aria-labelledby="talk-title">
        <div class="section-head">
          <h2 id="talk-title">Conversation</h2>
          {exchanges.length === 0 || isAsking ? null : (
            <button type="button" class="quiet" onClick={clear}>
              Clear
            </button>
          )}
        </div>
        {exchanges.length === 0 ? <p class="empty">Nothing was asked yet.</p> : null}
        <ol class="talk">
          {exchanges.map((exchange) => (
            <li key={exchange.id}>
              <AnswerCard exchange={exchange} />
            </li>
          ))}
        </ol>
        <form
          class="ask"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <label for="question">Message</label>
          <textarea
            id="question"
            rows={3}
            value={question}
            aria-describedby="question-help"
            onInput={(event) => setQuestion(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              send();
            }}
          />
          <p id="question-help" class="hint">
            Ctrl and Enter send it. It goes to a provider, costs what it costs, and counts against the client key's
            quotas.
          </p>
          <div class="actions">
            {isAsking ? (
              <button type="button" onClick={stop}>
                Stop
              </button>
            ) : null}
            <button type="submit" class="primary" disabled={!canAsk}>
              Send
            </button>
          </div>
        </form>
      </section>
    </div>
  );
}

interface Models {
  readonly names: readonly string[];
  /** The proxy wants a client key, and none was tried yet. */
  readonly wantsKey: boolean;
  readonly trouble: string | null;
}

const NO_MODELS: Models = { names: [], wantsKey: false, trouble: null };

/** As clients ask for it. */
const ANY_MODEL = 'auto';

/** What was chosen, as long as it is there; else any model, if that can be asked for. */
function modelOf(chosen: string, names: readonly string[]): string {
  return [chosen, ANY_MODEL, ...names].find((name) => names.includes(name)) ?? '';
}

/** Typing a key is not to ask for the models at each letter. */
const TYPED_MS = 400;

/** What may be asked for with this client key. */
function useModels(clientKey: string): Models {
  const [models, setModels] = useState(NO_MODELS);
  const isFirst = useRef(true);
  useEffect(() => {
    const ending = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        setModels({ ...NO_MODELS, names: await listModels(clientKey, ending.signal) });
      } catch (error) {
        if (ending.signal.aborted) return;
        const wantsKey = clientKey === '' && error instanceof CallFailed && error.status === 401;
        setModels(wantsKey ? { ...NO_MODELS, wantsKey } : { ...NO_MODELS, trouble: troubleText(error) });
      }
    };
    const timer = setTimeout(() => void ask(), isFirst.current ? 0 : TYPED_MS);
    isFirst.current = false;
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [clientKey]);
  return models;
}

interface SettingsFormProps {
  readonly conversation: ConversationControl;
  readonly models: Models;
  readonly model: string;
}

function SettingsForm({ conversation: { settings, change }, models, model }: SettingsFormProps) {
  const { problem: limitProblem } = tokenLimitOf(settings.maxTokens);
  return (
    <section class="card settings" aria-labelledby="settings-title">
      <h2 id="settings-title">Call</h2>
      <label for="client-key">Client key</label>
      <input
        id="client-key"
        type="password"
        autocomplete="off"
        value={settings.clientKey}
        aria-describedby="client-key-help"
        onInput={(event) => change({ clientKey: event.currentTarget.value.trim() })}
      />
      <p id="client-key-help" class="hint">
        Kept in the memory of this page only. A proxy without client secrets needs none.
      </p>
      <label for="model">Model</label>
      <select
        id="model"
        value={model}
        disabled={models.names.length === 0}
        aria-describedby="model-help"
        onChange={(event) => change({ model: event.currentTarget.value })}
      >
        {models.names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <p id="model-help" class="hint" role="status">
        {models.wantsKey ? 'Give a client key to see its models.' : ''}
      </p>
      <Trouble text={models.trouble === null ? null : `Models cannot be listed: ${models.trouble}`} />
      <label for="max-tokens">Most tokens in the answer</label>
      <input
        id="max-tokens"
        inputMode="numeric"
        placeholder="no limit"
        value={settings.maxTokens}
        aria-invalid={limitProblem !== null}
        aria-describedby="max-tokens-trouble"
        onInput={(event) => change({ maxTokens: event.currentTarget.value })}
      />
      <div id="max-tokens-trouble">
        <Trouble text={limitProblem} />
      </div>
      <label for="system">System message</label>
      <textarea
        id="system"
        rows={3}
        value={settings.system}
        onInput={(event) => change({ system: event.currentTarget.value })}
      />
    </section>
  );
}
