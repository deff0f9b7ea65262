import type { ComponentChildren } from 'preact';

export type Fact = readonly [name: string, value: ComponentChildren];

/** Names and values, one a line. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A hash, short, with the whole of it for whoever wants it. */
export function Hash({ hash }: { readonly hash: string }) {
  return (
    <code class="hash" title={hash}>
      {hash.slice(0, 12)}
    </code>
  );
}

/** A moment in the viewer's time; in UTC for whoever points at it. */
export function Moment({ atMs, text }: { readonly atMs: number; readonly text: string }) {
  const iso = new Date(atMs).toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {text}
    </time>
  );
}
