import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useClock } from './live/use-clock.ts';
import type { Live } from './live/use-live.ts';
import { hashOf, TITLES, VIEWS, type View } from './place.ts';
import { chooseTheme, storedTheme, THEMES, type ThemeChoice } from './theme.ts';

export interface ShellProps {
  readonly live: Live;
  readonly version: string;
  readonly view: View;
  readonly leave: () => Promise<void>;
  readonly children: ComponentChildren;
}

/** What is around every view: where one can go, whether the figures are live, and what changed. */
export function Shell({ live, version, view, leave, children }: ShellProps) {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // Going to another view is going to another page: whoever reads it aloud begins at its head.
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus();
    scrollTo(0, 0);
    // On a phone not all of them are seen at once.
    document.querySelector('.top [aria-current]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [view]);
  return (
    <>
      <a
        class="skip"
        href={hashOf(view)}
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header class="top">
        <div class="brand">
          <span class="name">Token Pool</span>
          <span class="version">{version}</span>
        </div>
        <nav aria-label="Views">
          <ul>
            {VIEWS.map((each) => (
              <li key={each}>
                <a href={hashOf(each)} aria-current={each === view ? 'page' : undefined}>
                  {TITLES[each]}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="tools">
          <ConnectionMark live={live} />
          <ThemeField />
          <button type="button" class="quiet" onClick={() => void leave()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} class="view">
        <h1>{TITLES[view]}</h1>
        {isEnding(live) ? (
          <p class="notice">The proxy is shutting down: it ends what is under way and takes nothing new.</p>
        ) : null}
        {children}
      </main>
      <div class="unseen" role="status">
        {live.change}
      </div>
    </>
  );
}

/** Once the connection is lost nobody knows how far it is: it may be gone, or back. */
function isEnding({ connection, frame }: Live): boolean {
  return connection !== 'reconnecting' && frame?.status.isDraining === true;
}

/** Without news for so long the figures are no longer those of now. */
const QUIET_MS = 5_000;

function ConnectionMark({ live: { connection, frame, seenAtMs } }: { readonly live: Live }) {
  const nowMs = useClock(1_000);
  const quietMs = frame === null ? 0 : nowMs - seenAtMs;
  const isQuiet = connection === 'live' && quietMs > QUIET_MS;
  const word = isQuiet
    ? 'No news'
    : { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting' }[connection];
  const since = frame !== null && quietMs > QUIET_MS ? ` for ${Math.floor(quietMs / 1_000)} s` : '';
  return (
    <span class={`connection ${isQuiet ? 'reconnecting' : connection}`}>
      <span class="dot" aria-hidden="true" />
      <span role="status">{word}</span>
      {since}
    </span>
  );
}

const THEME_WORDS: Readonly<Record<ThemeChoice, string>> = { system: 'System', light: 'Light', dark: 'Dark' };

function ThemeField() {
  const [choice, setChoice] = useState(storedTheme);
  return (
    <label class="inline">
      <span class="unseen">Theme</span>
      <select
        value={choice}
        onChange={(event) => {
          const next = THEMES.find((each) => each === event.currentTarget.value) ?? 'system';
          chooseTheme(next);
          setChoice(next);
        }}
      >
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {THEME_WORDS[each]}
          </option>
        ))}
      </select>
    </label>
  );
}
