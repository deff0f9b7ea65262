/** What of one pool is what of another: by name, never by place. */
import type { CompiledPool } from '../state/compiled-pool.ts';

export interface Correspondence {
  /** For each new position the old one, -1 for what is new. */
  readonly origin: readonly number[];
  /** For each old position the new one, -1 for what is gone. */
  readonly successor: readonly number[];
}

export interface PoolChange {
  readonly before: CompiledPool;
  readonly after: CompiledPool;
  readonly targets: Correspondence;
  readonly keys: Correspondence;
  readonly lanes: Correspondence;
  /** A budget rule is the same when scope, metric and window are; its limit may differ. */
  readonly rules: Correspondence;
}

export function comparePools(before: CompiledPool, after: CompiledPool): PoolChange {
  const models = ({ lanes }: CompiledPool): string[] => lanes.map(({ model }) => model);
  const rules = ({ budgets }: CompiledPool): string[] => numbered(budgets.map(({ label }) => label));
  return {
    before,
    after,
    targets: correspond(before.targetIds, after.targetIds),
    keys: correspond(before.keyIds, after.keyIds),
    lanes: correspond(models(before), models(after)),
    rules: correspond(rules(before), rules(after)),
  };
}

/** Is the target disabled by the new definition, which was not by the old one? */
export function isNewlyDisabled({ before, after, targets }: PoolChange, target: number): boolean {
  const origin = targets.origin[target]!;
  return after.startsDisabled[target]! && (origin < 0 || !before.startsDisabled[origin]!);
}

/** Is the target enabled by the new definition, which was disabled by the old one? */
export function isNewlyEnabled({ before, after, targets }: PoolChange, target: number): boolean {
  const origin = targets.origin[target]!;
  return !after.startsDisabled[target]! && origin >= 0 && before.startsDisabled[origin]!;
}

/** `fresh`, and in the place of everything that was there before, what is known of it. */
export function overlay<T>(fresh: readonly T[], before: readonly T[], origin: readonly number[]): T[] {
  return fresh.map((value, position) => (origin[position]! < 0 ? value : before[origin[position]!]!));
}

/** {@link overlay} for each of the columns of a record. */
export function overlayColumns<T extends { readonly [Name in keyof T]: readonly unknown[] }>(
  fresh: T,
  before: T,
  origin: readonly number[],
): T {
  const carried = { ...fresh };
  for (const name of Object.keys(fresh) as (keyof T)[]) {
    carried[name] = overlay(fresh[name], before[name], origin) as unknown as T[keyof T];
  }
  return carried;
}

function correspond(before: readonly string[], after: readonly string[]): Correspondence {
  const positionBefore = new Map(before.map((name, position) => [name, position]));
  const positionAfter = new Map(after.map((name, position) => [name, position]));
  return {
    origin: after.map((name) => positionBefore.get(name) ?? -1),
    successor: before.map((name) => positionAfter.get(name) ?? -1),
  };
}

/** Names that may repeat, told apart by how often they came before. */
function numbered(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return `${name} #${count}`;
  });
}
