/** What went wrong, read out when it appears; the place for it is always there. */
export function Trouble({ text }: { readonly text: string | null }) {
  return <div role="alert">{text === null ? null : <p class="trouble">{text}</p>}</div>;
}
