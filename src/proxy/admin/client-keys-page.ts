/** Client keys with what is left of their quotas; their secrets, and the hashes of those, stay out of it. */
import type { Priority } from '../../router/index.ts';
import type { BudgetPage } from './status-page.ts';

export interface ClientKeyPage {
  readonly name: string;
  /** What it may ask for; null: everything. */
  readonly models: readonly string[] | null;
  /** Routes that its requests may take; null: all. */
  readonly routes: readonly string[] | null;
  /** A higher claim is lowered to this. */
  readonly priorityMax: Priority;
  /** Whether instructions in its messages steer. */
  readonly maySteer: boolean;
  /** Rows of the budget page that limit this key. */
  readonly quotas: BudgetPage['budgets'];
  /** Since midnight UTC, or since the start of the proxy if that is later. */
  readonly today: {
    /** Calls to providers: a request that is tried again counts each time. */
    readonly attempts: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly costUsd: number;
  };
  /** Requests by how they ended, since the start of the proxy. */
  readonly sinceStart: { readonly completed: number; readonly rejected: number; readonly cancelled: number };
}

/** `GET /admin/client-keys` */
export interface ClientKeysPage {
  /** Core's time, Unix ms. */
  readonly atMs: number;
  /** In the order of the configuration. */
  readonly clientKeys: readonly ClientKeyPage[];
}
