/**
 * What the core knows of the operator's pool: targets and what limits them. Flat and free of secrets;
 * `src/config` expands the file that a user writes (providers x keys x models) into this form.
 */

import type { BalancingMode } from './policy.ts';

/** USD per million tokens equals micro-USD per token, the unit in which the core counts money. */
export interface Prices {
  /** Uncached input, micro-USD per token (= USD per million tokens), >= 0. */
  readonly inputMicroUsdPerToken: number;
  /** Output, micro-USD per token, >= 0. */
  readonly outputMicroUsdPerToken: number;
  /** Input read from the provider's prompt cache, micro-USD per token, >= 0. */
  readonly cacheReadMicroUsdPerToken: number;
  /** Input written to the provider's prompt cache, micro-USD per token, >= 0. */
  readonly cacheWriteMicroUsdPerToken: number;
}

export type BudgetMetric = 'tokens' | 'requests' | 'microUsd';
export type BudgetWindow = '1m' | '5m' | 'day';

/** "At most `limit` of `metric` in any sliding `window`" (a day is the calendar day in UTC). */
export interface BudgetRule {
  readonly metric: BudgetMetric;
  readonly window: BudgetWindow;
  /** > 0, in the metric's unit (micro-USD for money). */
  readonly limit: number;
}

export interface Capabilities {
  readonly tools: boolean;
  readonly vision: boolean;
  readonly streaming: boolean;
  /** The provider runs tools of its own, such as a search of the web. */
  readonly serverTools: boolean;
}

/** One place a request can be sent to: `provider.keyAlias.model`. */
export interface TargetDefinition {
  /** `provider.keyAlias.model`; the model may contain dots. */
  readonly id: string;
  readonly provider: string;
  /** `provider.keyAlias`, the id of the key in {@link PoolDefinition.keys}. */
  readonly key: string;
  readonly model: string;
  /** Input plus output must fit, tokens. */
  readonly contextTokens: number;
  /** Largest answer the model gives, tokens. */
  readonly maxOutputTokens: number;
  readonly capabilities: Capabilities;
  /** Wire protocols in which the target can be reached; empty means any. */
  readonly protocols: readonly string[];
  readonly prices: Prices;
  readonly budgets: readonly BudgetRule[];
  /** Starts out disabled by the operator. */
  readonly disabled: boolean;
  /** Images go in the same request as the text and need no pool of their own for them. */
  readonly inlineVision: boolean;
  /**
   * The operator's pool lacks it: it stands in no lane, so nothing is sent there, and stays only for the attempts that
   * were in flight when it went. Set by `reconfigureRouter` alone; the same holds of keys and providers.
   */
  readonly retiring?: true;
}

/** One credential of a provider; all its targets share these limits. */
export interface KeyDefinition {
  /** `provider.keyAlias` */
  readonly id: string;
  readonly provider: string;
  /** Most attempts in flight at once; `null` means no limit. */
  readonly concurrencyLimit: number | null;
  /** How many requests may wait for this key when it is at its concurrency limit. */
  readonly queueLimit: number;
  readonly budgets: readonly BudgetRule[];
  readonly retiring?: true;
}

export interface ProviderDefinition {
  readonly id: string;
  readonly budgets: readonly BudgetRule[];
  readonly retiring?: true;
}

export type Priority = 'low' | 'normal' | 'high';

/** A caller of the pool, as opposed to a provider's key. */
export interface ClientKeyDefinition {
  readonly name: string;
  /** The highest priority its requests may claim; a higher claim is lowered to this. */
  readonly priorityCeiling: Priority;
  readonly budgets: readonly BudgetRule[];
  /** What it may ask for, names as in `namedTargets`; null: everything. Instructions lead nowhere else either. */
  readonly models: readonly string[] | null;
  /** Instructions and bans of its requests count. */
  readonly maySteer: boolean;
  /** Routes that its requests may take; null: all. */
  readonly routes: readonly string[] | null;
}

/** Targets of equal rank inside a route. */
export interface RoutePool {
  readonly id: string;
  /** Target ids. */
  readonly targets: readonly string[];
  /** Higher goes first. */
  readonly priority: number;
  /** Goes after all that are none. */
  readonly backup: boolean;
  /** On a pool of `vision`: images always go the dedicated way. */
  readonly force: boolean;
  /** How one of its targets is chosen; null: as the policy says. */
  readonly mode: BalancingMode | null;
  /** Target id -> relative weight, > 0, for the mode `static-weighted`; null: all equal. */
  readonly weights: Readonly<Record<string, number>> | null;
}

export interface RouteDefinition {
  readonly name: string;
  /** Non-backup first, priority descending, then by id. */
  readonly pools: readonly RoutePool[];
}

/** Routes by kind of request. */
export interface RoutingDefinition {
  /** Models for which the routes decide; `*`: also every name that means nothing else. */
  readonly models: readonly string[];
  /** One of them is `default`. */
  readonly routes: readonly RouteDefinition[];
  /** Whoever carries a decision out is told to let the target search the web. */
  readonly forceWebSearch: boolean;
}

export interface PoolDefinition {
  /** Unique ids; order is of no importance, the core sorts by id. */
  readonly targets: readonly TargetDefinition[];
  readonly keys: readonly KeyDefinition[];
  readonly providers: readonly ProviderDefinition[];
  readonly clientKeys: readonly ClientKeyDefinition[];
  /** What a client may ask for besides a model's own name and `auto`: alias -> target ids. */
  readonly modelAliases: Readonly<Record<string, readonly string[]>>;
  /** Null: a request goes where its model is. */
  readonly routing: RoutingDefinition | null;
}
