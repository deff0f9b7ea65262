import { nameWords } from '../../../reports/format.ts';

/** A name of the log in words, with the name itself for whoever has to write it. */
export function NameInWords({ name }: { readonly name: string }) {
  const words = nameWords(name);
  return words === name ? <>{name}</> : <span title={name}>{words}</span>;
}
