/** Counts where a shadow would have decided otherwise than the policy of a log. */
import type { HearShadow } from '../../src/router/index.ts';

/** Decisions of one class or route. */
export interface ChangedPart {
  readonly name: string;
  readonly decisions: number;
  readonly changed: number;
}

/** Decisions that go from one target to another; null: none could be chosen. */
export interface ChangedMove {
  readonly from: string | null;
  readonly to: string | null;
  readonly decisions: number;
}

export interface ChangedDecisions {
  /** In which either of the two chose a target, retries included. */
  readonly decisions: number;
  readonly changed: number;
  readonly byClass: readonly ChangedPart[];
  /** `(model)`: requests that name a model and take no route. */
  readonly byRoute: readonly ChangedPart[];
  /** Most frequent first. */
  readonly moves: readonly ChangedMove[];
}

const NO_ROUTE = '(model)';

export class DecisionChanges {
  private readonly classes = new Map<string, { decisions: number; changed: number }>();
  private readonly routes = new Map<string, { decisions: number; changed: number }>();
  private readonly moves = new Map<
    string,
    Map<string, { from: string | null; to: string | null; decisions: number }>
  >();
  private decisions = 0;
  private changed = 0;

  readonly hear: HearShadow = (_request, _attempt, real, shadow) => {
    // To wait, and to find nobody, is no choice.
    if (real.target === null && shadow.target === null) return;
    const isChanged = real.target !== shadow.target;
    this.decisions += 1;
    count(this.classes, real.requestClass, isChanged);
    count(this.routes, real.routing?.requestedRoute ?? NO_ROUTE, isChanged);
    if (!isChanged) return;
    this.changed += 1;
    const from = this.moves.get(real.target ?? '') ?? new Map<string, ChangedMove & { decisions: number }>();
    this.moves.set(real.target ?? '', from);
    const move = from.get(shadow.target ?? '') ?? { from: real.target, to: shadow.target, decisions: 0 };
    from.set(shadow.target ?? '', move);
    move.decisions += 1;
  };

  get result(): ChangedDecisions {
    const moves = [...this.moves.values()].flatMap((each) => [...each.values()]);
    return {
      decisions: this.decisions,
      changed: this.changed,
      byClass: partsOf(this.classes),
      byRoute: partsOf(this.routes),
      moves: moves.toSorted((a, b) => b.decisions - a.decisions || byName(a.from, b.from) || byName(a.to, b.to)),
    };
  }
}

function count(parts: Map<string, { decisions: number; changed: number }>, name: string, isChanged: boolean): void {
  const part = parts.get(name) ?? { decisions: 0, changed: 0 };
  parts.set(name, part);
  part.decisions += 1;
  if (isChanged) part.changed += 1;
}

function partsOf(parts: ReadonlyMap<string, { decisions: number; changed: number }>): ChangedPart[] {
  return [...parts].map(([name, part]) => ({ name, ...part })).toSorted((a, b) => byName(a.name, b.name));
}

function byName(a: string | null, b: string | null): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
