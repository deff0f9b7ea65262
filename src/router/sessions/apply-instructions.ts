/** What instructions make of what a session was told before; left to right, as they stand in the message. */
import type { Instruction } from '../steering.ts';

/** What a session goes by until it is told otherwise. Names as in `addressedTargets`. */
export interface SessionInstructions {
  /** Goes before the routes while one of its targets can be had. */
  readonly sticky: string | null;
  /** Providers; empty: all. */
  readonly allowed: readonly string[];
  readonly disabled: readonly string[];
}

export interface AppliedInstructions extends SessionInstructions {
  /** For this turn only. */
  readonly forced: string | null;
}

export const NOT_INSTRUCTED: SessionInstructions = { sticky: null, allowed: [], disabled: [] };

/**
 * The first `allow` of a message replaces the list of before, and so does the first `disable`; the next ones add to it.
 * `enable` lifts every ban that is no wider than what it names. `force` leaves `sticky` alone, `sticky` ends `force`.
 *
 * @param targetsOf the targets that a name stands for; empty when it is unknown
 */
export function applyInstructions(
  before: SessionInstructions,
  instructions: readonly Instruction[],
  targetsOf: (name: string) => readonly string[],
): AppliedInstructions {
  let { sticky, allowed, disabled } = before;
  let forced: string | null = null;
  let isAllowing = false;
  let isDisabling = false;
  for (const { kind, name } of instructions) {
    switch (kind) {
      case 'force':
        forced = name;
        break;
      case 'sticky':
        sticky = name;
        forced = null;
        break;
      case 'allow':
        allowed = isAllowing ? withName(allowed, name) : [name];
        isAllowing = true;
        break;
      case 'disable':
        disabled = isDisabling ? withName(disabled, name) : [name];
        isDisabling = true;
        break;
      case 'enable':
        disabled = disabled.filter((ban) => !isWithin(targetsOf(ban), targetsOf(name)));
        break;
      case 'clear':
        ({ sticky, allowed, disabled } = NOT_INSTRUCTED);
        forced = null;
    }
  }
  return { sticky, allowed, disabled, forced };
}

/** Nothing is left that would have to be remembered. */
export function isUninstructed({ sticky, allowed, disabled }: SessionInstructions): boolean {
  return sticky === null && allowed.length === 0 && disabled.length === 0;
}

function withName(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names : [...names, name];
}

/** What stands for nothing now is within nothing: it may come back with the next configuration. */
function isWithin(part: readonly string[], whole: readonly string[]): boolean {
  return part.length > 0 && part.every((id) => whole.includes(id));
}
