/** Tells attempts whose times can be from those whose times cannot: foreign traces have both. */
import { BadInput } from '../../src/config/bad-input.ts';
import type { AttemptFacts } from './build-attempt-table.ts';

/** Nothing that waits for an answer over HTTP waits longer; what seems to was measured by a clock that was set, ms. */
export const DURATION_MAX_MS = 6 * 3_600_000;
/** Sources round first token and duration each for itself, ms. */
const ROUNDING_MS = 1;
/** With more of them than this share, the source measures something else, and the others are no better. */
export const IMPLAUSIBLE_SHARE_MAX = 0.05;

const TROUBLES = ['negative', 'firstAfterEnd', 'tooLong', 'farOff'] as const;
export type TimeTrouble = (typeof TROUBLES)[number];

const WORDS: Readonly<Record<TimeTrouble, string>> = {
  negative: 'with a negative time',
  firstAfterEnd: 'with a first token after the end',
  tooLong: `that took longer than ${DURATION_MAX_MS / 3_600_000} hours`,
  farOff: 'sent weeks before or after all others, as by a clock that was wrong',
};

/** What is wrong with the times that an attempt took; null for nothing. */
export function timeTroubleOf({
  durationMs,
  firstTokenMs,
}: Pick<AttemptFacts, 'durationMs' | 'firstTokenMs'>): TimeTrouble | null {
  if (!(durationMs >= 0) || (firstTokenMs !== null && !(firstTokenMs >= 0))) return 'negative';
  if (durationMs > DURATION_MAX_MS || (firstTokenMs ?? 0) > DURATION_MAX_MS) return 'tooLong';
  return firstTokenMs !== null && firstTokenMs > durationMs + ROUNDING_MS ? 'firstAfterEnd' : null;
}

/** Counts the attempts that are left out for their times. */
export class ImplausibleTimes {
  private readonly counts = new Map<TimeTrouble, number>();
  private seen = 0;

  /** @returns whether the attempt can be learnt from */
  accepts(facts: Pick<AttemptFacts, 'durationMs' | 'firstTokenMs'>, isFarOff = false): boolean {
    this.seen += 1;
    const trouble = isFarOff ? 'farOff' : timeTroubleOf(facts);
    if (trouble !== null) this.counts.set(trouble, (this.counts.get(trouble) ?? 0) + 1);
    return trouble === null;
  }

  /**
   * What a person should know of those that were left out, one line each.
   *
   * @throws BadInput when they are many
   */
  notes(name: string): readonly string[] {
    const left = [...this.counts.values()].reduce((sum, count) => sum + count, 0);
    if (left === 0) return [];
    const found = TROUBLES.flatMap((trouble) => {
      const count = this.counts.get(trouble);
      return count === undefined ? [] : [`${count} ${WORDS[trouble]}`];
    }).join(', ');
    const which = `${name}: ${left} of ${this.seen} attempts have times that cannot be (${found})`;
    if (left > this.seen * IMPLAUSIBLE_SHARE_MAX) {
      throw new BadInput(
        `${which}; that is too many for the others to be believed. Look at the unit of the source (durations and first tokens are in ms) and at its clock, or take such rows out`,
      );
    }
    return [`${which}; they are left out, so what they added to the load, used of limits and cost is not seen`];
  }
}
