/** Numbers the targets of a log in the order in which they come, and the twins that they share. */
import type { LoggedTarget, LoggedTwin } from './attempt-table.ts';

/** Where a target's provider, key and model end: known from a pool, or taken from its id. */
export type TargetParts = (id: string) => Omit<LoggedTarget, 'id' | 'twin'>;

/** `provider.keyAlias.model`; what has fewer parts is a model of a provider with one key. */
export const partsOfId: TargetParts = (id) => {
  const [provider, alias, ...model] = id.split('.');
  if (alias === undefined) return { provider: id, key: `${id}.main`, model: id };
  if (model.length === 0) return { provider: provider!, key: `${provider}.main`, model: alias };
  return { provider: provider!, key: `${provider}.${alias}`, model: model.join('.') };
};

export class TargetNumbers {
  readonly targets: LoggedTarget[] = [];
  readonly twins: LoggedTwin[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly partsOf: TargetParts;

  constructor(partsOf: TargetParts) {
    this.partsOf = partsOf;
  }

  /** Position of a target in `targets`, where it is put when it comes for the first time. */
  of(id: string): number {
    const known = this.numbers.get(id);
    if (known !== undefined) return known;
    const parts = this.partsOf(id);
    let twin = this.twins.findIndex(({ provider, model }) => provider === parts.provider && model === parts.model);
    if (twin < 0) twin = this.twins.push({ provider: parts.provider, model: parts.model }) - 1;
    const number = this.targets.push({ id, ...parts, twin }) - 1;
    this.numbers.set(id, number);
    return number;
  }
}
