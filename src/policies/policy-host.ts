/** What the life of policies needs of the proxy that it steers. */
import type { PoolDefinition } from '../router/pool.ts';
import type { BudgetUse } from './judge-guards.ts';
import type { AppliedCanary, AppliedPolicy, Promotion, Transition } from './promotion.ts';

export interface PolicyHost {
  /** Core's time, Unix ms. */
  nowMs(): number;
  /** Of the wall, Unix ms: what evidence is valid by. */
  wallNowMs(): number;
  /** As configured. */
  pool(): PoolDefinition;
  readonly coreVersion: string;
  /** A policy as it would be in force: with what the configuration puts in the place of its own numbers. */
  adapted(policy: AppliedPolicy): AppliedPolicy;
  /** From the next input on the core goes by these, both at once. @throws Error: it goes on as before */
  apply(main: AppliedPolicy, canary: AppliedCanary | null): void;
  /** From now on the core says at each decision what this one would have decided; null: no more. */
  shadow(policy: AppliedPolicy | null): void;
  /** Since `shadow` was called, and over switches of the core. */
  shadowTally(): Promotion['shadow'];
  /** Use of every budget rule now. */
  budgets(): readonly BudgetUse[];
  /** Writes a step to the decision log. */
  transition(row: Transition): void;
  /** A line of the service log. */
  say(level: 'info' | 'warn', fields: Readonly<Record<string, unknown>>, line: string): void;
}
