/** The pool as the hot path reads it: targets sorted by id, their facts in typed arrays, lanes by model name. */
import type { RouterRequest } from '../contract.ts';
import type { BudgetRule, Capabilities, PoolDefinition, Priority, TargetDefinition } from '../pool.ts';
import { namedTargets } from '../target-names.ts';
import { NameIndex } from './name-index.ts';

const TOOLS = 1;
const VISION = 2;
const STREAMING = 4;

/** What a request needs of a target, as bits to compare with {@link CompiledPool.capabilities}. */
export function neededCapabilities(request: RouterRequest): number {
  return (request.hasTools ? TOOLS : 0) | (request.hasImage ? VISION : 0) | (request.stream ? STREAMING : 0);
}

function capabilityBits(capabilities: Capabilities): number {
  return (
    (capabilities.tools ? TOOLS : 0) | (capabilities.vision ? VISION : 0) | (capabilities.streaming ? STREAMING : 0)
  );
}

/** Requests for the same name share their candidates and wait in the same line. */
export interface Lane {
  /** See `namedTargets`. */
  readonly model: string;
  readonly targets: Int32Array;
  /** What every target of the lane can do, so that most requests need not be checked against each. */
  readonly everyone: {
    readonly capabilities: number;
    readonly contextTokens: number;
    readonly outputTokens: number;
    /** In which every target can be reached; `null`: any. */
    readonly protocols: ReadonlySet<string> | null;
    /** Highest prices, micro-USD per token. */
    readonly inputPrice: number;
    readonly outputPrice: number;
  };
}

export interface CompiledPool {
  readonly targetIds: readonly string[];
  readonly keyIds: readonly string[];
  readonly keyOf: Int32Array;
  readonly capabilities: Uint8Array;
  readonly contextTokens: Float64Array;
  readonly outputTokensMax: Float64Array;
  /** `null`: any protocol. */
  readonly protocols: readonly (ReadonlySet<string> | null)[];
  readonly inputPrice: Float64Array;
  readonly outputPrice: Float64Array;
  readonly cacheReadPrice: Float64Array;
  readonly startsDisabled: readonly boolean[];
  /** Infinity: no limit. */
  readonly concurrencyLimit: Float64Array;
  readonly queueLimit: Float64Array;
  readonly targetsOfKey: readonly Int32Array[];
  readonly lanes: readonly Lane[];
  readonly laneByModel: NameIndex;
  readonly lanesOfTarget: readonly Int32Array[];
  /** Lanes that may move when an attempt of the key ends: one of their targets shares the key or a budget with it. */
  readonly lanesMovedByKey: readonly Int32Array[];
  readonly clientKeyIndex: NameIndex;
  readonly priorityCeiling: readonly Priority[];
  readonly budgets: readonly ScopedBudget[];
  /** Budget rules that an attempt at the target is charged to: its own, its key's, its provider's. */
  readonly budgetsOfTarget: readonly Int32Array[];
  readonly budgetsOfClientKey: readonly Int32Array[];
  /** Targets that share the key with the target, itself included. */
  readonly keySharers: readonly Int32Array[];
  /** Targets that share a budget rule with the target, itself included when it has one. */
  readonly budgetSharers: readonly Int32Array[];
}

export interface ScopedBudget {
  /** For people, e.g. `key aurora.main: tokens per 1m`. */
  readonly label: string;
  readonly rule: BudgetRule;
}

/** @throws Error when a target names a key or provider that the pool lacks, or an id stands twice. */
export function compilePool(pool: PoolDefinition): CompiledPool {
  const targets = [...pool.targets].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const targetIds = targets.map((target) => target.id);
  const targetIndex = indexById(targetIds, 'target');
  const keyIndex = indexById(
    pool.keys.map((key) => key.id),
    'key',
  );
  const providerIndex = indexById(
    pool.providers.map((provider) => provider.id),
    'provider',
  );
  const clientKeyIndex = indexById(
    pool.clientKeys.map((clientKey) => clientKey.name),
    'client key',
  );

  const budgets: ScopedBudget[] = [];
  const enlist = (scope: string, rules: readonly BudgetRule[]): number[] =>
    rules.map((rule) => {
      const unit = rule.metric === 'microUsd' ? 'USD' : rule.metric;
      return budgets.push({ label: `${scope}: ${unit} per ${rule.window}`, rule }) - 1;
    });
  const ofTarget = targets.map((target) => enlist(`target ${target.id}`, target.budgets));
  const ofKey = pool.keys.map((key) => enlist(`key ${key.id}`, key.budgets));
  const ofProvider = pool.providers.map((provider) => enlist(`provider ${provider.id}`, provider.budgets));
  const ofClientKey = pool.clientKeys.map((clientKey) => enlist(`client key ${clientKey.name}`, clientKey.budgets));

  const budgetsOfTarget = targets.map((target) =>
    Int32Array.from([
      ...ofTarget[targetIndex.get(target.id)!]!,
      ...ofKey[required(keyIndex, target.key, 'key', target.id)]!,
      ...ofProvider[required(providerIndex, target.provider, 'provider', target.id)]!,
    ]),
  );
  const keyOf = Int32Array.from(targets, (target) => required(keyIndex, target.key, 'key', target.id));
  const { lanes, laneByModel } = compileLanes(pool, targets);
  const clientsHaveBudgets = ofClientKey.some((rules) => rules.length > 0);

  return {
    targetIds,
    keyIds: pool.keys.map((key) => key.id),
    keyOf,
    capabilities: Uint8Array.from(targets, (target) => capabilityBits(target.capabilities)),
    contextTokens: Float64Array.from(targets, (target) => target.contextTokens),
    outputTokensMax: Float64Array.from(targets, (target) => target.maxOutputTokens),
    protocols: targets.map((target) => (target.protocols.length === 0 ? null : new Set(target.protocols))),
    inputPrice: Float64Array.from(targets, (target) => target.prices.inputMicroUsdPerToken),
    outputPrice: Float64Array.from(targets, (target) => target.prices.outputMicroUsdPerToken),
    cacheReadPrice: Float64Array.from(targets, (target) => target.prices.cacheReadMicroUsdPerToken),
    startsDisabled: targets.map((target) => target.disabled),
    concurrencyLimit: Float64Array.from(pool.keys, (key) => key.concurrencyLimit ?? Infinity),
    queueLimit: Float64Array.from(pool.keys, (key) => key.queueLimit),
    targetsOfKey: pool.keys.map((_, key) => Int32Array.from(targets.keys()).filter((target) => keyOf[target] === key)),
    lanes,
    laneByModel,
    lanesOfTarget: targets.map((_, target) =>
      Int32Array.from(lanes.keys()).filter((lane) => lanes[lane]!.targets.includes(target)),
    ),
    lanesMovedByKey: pool.keys.map((_, key) => {
      const own = [...targets.keys()].filter((target) => keyOf[target] === key);
      const rules = new Set(own.flatMap((target) => [...budgetsOfTarget[target]!]));
      const isMoved = (target: number): boolean =>
        // The attempt may give back what it had reserved of its client's budgets, which are about every target.
        clientsHaveBudgets || keyOf[target] === key || budgetsOfTarget[target]!.some((rule) => rules.has(rule));
      return Int32Array.from(lanes.keys()).filter((lane) => lanes[lane]!.targets.some(isMoved));
    }),
    clientKeyIndex: new NameIndex(clientKeyIndex),
    priorityCeiling: pool.clientKeys.map((clientKey) => clientKey.priorityCeiling),
    budgets,
    budgetsOfTarget,
    budgetsOfClientKey: ofClientKey.map((rules) => Int32Array.from(rules)),
    keySharers: targets.map((_, target) =>
      Int32Array.from(targets.keys()).filter((other) => keyOf[other] === keyOf[target]),
    ),
    budgetSharers: budgetsOfTarget.map((rules) =>
      Int32Array.from(targets.keys()).filter((other) => budgetsOfTarget[other]!.some((rule) => rules.includes(rule))),
    ),
  };
}

function compileLanes(
  pool: PoolDefinition,
  targets: readonly TargetDefinition[],
): { lanes: Lane[]; laneByModel: NameIndex } {
  const indexOf = new Map(targets.map(({ id }, index) => [id, index]));
  const members = [...namedTargets(pool)].map(([name, ids]) => [name, ids.map((id) => indexOf.get(id)!)] as const);
  const lanes = members.map(([model, indices]) => ({
    model,
    targets: Int32Array.from(indices),
    everyone: {
      capabilities: indices.reduce((common, index) => common & capabilityBits(targets[index]!.capabilities), ~0),
      contextTokens: Math.min(...indices.map((index) => targets[index]!.contextTokens)),
      outputTokens: Math.min(...indices.map((index) => targets[index]!.maxOutputTokens)),
      protocols: commonProtocols(indices.map((index) => targets[index]!.protocols)),
      inputPrice: Math.max(...indices.map((index) => targets[index]!.prices.inputMicroUsdPerToken)),
      outputPrice: Math.max(...indices.map((index) => targets[index]!.prices.outputMicroUsdPerToken)),
    },
  }));
  return { lanes, laneByModel: new NameIndex(new Map(lanes.map((lane, index) => [lane.model, index]))) };
}

/** In all of the lists, an empty one standing for any protocol; `null` when all are empty. */
function commonProtocols(lists: readonly (readonly string[])[]): ReadonlySet<string> | null {
  const limited = lists.filter((list) => list.length > 0);
  if (limited.length === 0) return null;
  return new Set(limited[0]!.filter((protocol) => limited.every((list) => list.includes(protocol))));
}

function indexById(ids: readonly string[], what: string): Map<string, number> {
  const index = new Map<string, number>();
  ids.forEach((id, position) => {
    if (index.has(id)) throw new Error(`the pool has two entries for ${what} "${id}"`);
    index.set(id, position);
  });
  return index;
}

function required(index: ReadonlyMap<string, number>, id: string, what: string, by: string): number {
  const position = index.get(id);
  if (position === undefined) throw new Error(`${by} names ${what} "${id}", which the pool lacks`);
  return position;
}
