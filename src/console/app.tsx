import { useEffect } from 'preact/hooks';
import { ClientKeysView } from './clients/client-keys-view.tsx';
import { DecisionsView } from './decisions/decisions-view.tsx';
import { useLive, type Live } from './live/use-live.ts';
import { Overview } from './overview/overview.tsx';
import { TITLES, type Place } from './place.ts';
import { PlaygroundView } from './playground/playground-view.tsx';
import { useConversation, type ConversationControl } from './playground/use-conversation.ts';
import { PoliciesView } from './policies/policies-view.tsx';
import type { ConsoleApi } from './session/console-api.ts';
import { useSession } from './session/use-session.ts';
import { Shell } from './shell.tsx';
import { Asking, ConsoleOff, SignIn } from './sign-in.tsx';
import { usePlace } from './use-place.ts';

/** The whole page: the gate, and behind it the views. */
export function App() {
  const { visit, arrive, expire, leave } = useSession();
  const place = usePlace();
  // Kept here, so that looking elsewhere or signing in again does not end a conversation.
  const conversation = useConversation();
  const isInside = visit.state === 'signed-in';
  useEffect(() => {
    document.title = isInside ? `${TITLES[place.view]} – Token Pool` : 'Token Pool console';
  }, [isInside, place.view]);
  switch (visit.state) {
    case 'asking':
      return <Asking message={visit.message} />;
    case 'off':
      return <ConsoleOff advice={visit.advice} />;
    case 'signed-out':
      return <SignIn message={visit.message} onSignedIn={arrive} />;
    case 'signed-in':
      return (
        <Inside
          api={visit.api}
          version={visit.session.version}
          place={place}
          conversation={conversation}
          expire={expire}
          leave={async () => {
            conversation.forget();
            await leave();
          }}
        />
      );
  }
}

interface InsideProps {
  readonly api: ConsoleApi;
  readonly version: string;
  readonly place: Place;
  readonly conversation: ConversationControl;
  readonly expire: () => void;
  readonly leave: () => Promise<void>;
}

function Inside({ api, version, place, conversation, expire, leave }: InsideProps) {
  const live = useLive(api, expire);
  return (
    <Shell live={live} version={version} view={place.view} leave={leave}>
      <CurrentView api={api} live={live} place={place} conversation={conversation} />
    </Shell>
  );
}

interface ViewProps {
  readonly api: ConsoleApi;
  readonly live: Live;
  readonly place: Place;
  readonly conversation: ConversationControl;
}

function CurrentView({ api, live, place: { view, item }, conversation }: ViewProps) {
  switch (view) {
    case 'overview':
      return <Overview api={api} live={live} openTarget={item} />;
    case 'decisions':
      return <DecisionsView api={api} live={live} openRequest={item} />;
    case 'policies':
      return <PoliciesView api={api} live={live} />;
    case 'clients':
      return <ClientKeysView api={api} />;
    case 'playground':
      return <PlaygroundView conversation={conversation} />;
  }
}
