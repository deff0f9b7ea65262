/** Client keys with what is left of their quotas; their secrets, and the hashes of those, stay out of it. */
import type { ClientKeyDefinition, Priority } from '../../router/index.ts';
import type { ProxyView, ProxyWatch } from '../watch/index.ts';
import { budgetPage, type BudgetPage } from './status-page.ts';

const DAY_MS = 86_400_000;
const MICRO_USD = 1_000_000;

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

export function clientKeysPage(view: ProxyView, watch: ProxyWatch): ClientKeysPage {
  const { atMs, budgets } = budgetPage(view);
  const midnightMs = Math.floor(atMs / DAY_MS) * DAY_MS;
  const today = watch.costs().days.find(({ startMs }) => startMs === midnightMs);
  const clientKeys = view.pool.clientKeys.map((key): ClientKeyPage => {
    const { name, models, routes, priorityCeiling, maySteer } = key;
    const used = today?.clientKeys[name];
    const labels = labelsOf(key);
    return {
      name,
      models,
      routes,
      priorityMax: priorityCeiling,
      maySteer,
      quotas: budgets.filter(({ label }) => labels.includes(label)),
      today: {
        attempts: used?.attempts ?? 0,
        inputTokens: used?.inputTokens ?? 0,
        outputTokens: used?.outputTokens ?? 0,
        costUsd: (used?.costMicroUsd ?? 0) / MICRO_USD,
      },
      sinceStart: watch.endingsOf(name),
    };
  });
  return { atMs, clientKeys };
}

/** By which the core lists the rules of a client key; whole labels, as a name may begin as another one does. */
function labelsOf({ name, budgets }: ClientKeyDefinition): string[] {
  return budgets.map(
    ({ metric, window }) => `client key ${name}: ${metric === 'microUsd' ? 'USD' : metric} per ${window}`,
  );
}
