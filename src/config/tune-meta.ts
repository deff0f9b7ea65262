/** How a field of the policy may be varied by `tune`: part of the schema, and so of the exported JSON Schema too. */

/** `from` and `to` are in the unit of the parsed field; durations are in ms. */
export type TuneRange =
  | {
      readonly scale: 'linear' | 'log' | 'integer';
      readonly from: number;
      readonly to: number;
      readonly usual: boolean;
    }
  | { readonly scale: 'choice'; readonly choices: readonly string[]; readonly usual: boolean };

/** A field that is varied when it is named with `--knobs`. */
export function tunable(scale: 'linear' | 'log' | 'integer', from: number, to: number): { readonly tune: TuneRange } {
  return { tune: { scale, from, to, usual: false } };
}

/** A field that is varied unless `--knobs` says otherwise: those that decide most, and not all that there are. */
export function usuallyTuned(
  scale: 'linear' | 'log' | 'integer',
  from: number,
  to: number,
): { readonly tune: TuneRange } {
  return { tune: { scale, from, to, usual: true } };
}

/** A field with a few values of which one is chosen; varied unless `--knobs` says otherwise. */
export function chosenAmong(...choices: readonly string[]): { readonly tune: TuneRange } {
  return { tune: { scale: 'choice', choices, usual: true } };
}
