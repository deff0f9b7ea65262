import type { Logger } from 'pino';
import type { PolicyDesk } from './policy-routes.ts';
import type { LiveLog } from '../../log/live/live-log.ts';
import type { OperatorOrder } from '../../router/index.ts';
import type { ProxyView, ProxyWatch } from '../watch/index.ts';

/** What the admin and health routes need of the proxy. Members may be getters; each is read when it is needed. */
export interface AdminContext {
  readonly view: ProxyView;
  readonly watch: ProxyWatch;
  readonly log: Pick<LiveLog, 'explain' | 'arrow' | 'rotate'>;
  readonly logger: Logger;
  /** SHA-256 of the admin token, 64 hex digits; null: the admin API is off. */
  readonly adminTokenHash: string | null;
  /** How to set a token, for whoever meets an admin API that is off, e.g. `set server.adminTokenEnv in pool.yaml`. */
  readonly adminTokenAdvice: string;
  /** Who may read `/metrics`. */
  readonly metricsFor: 'open' | 'admin';
  /** Promotions: what is in force, on its way and over. */
  readonly policies: PolicyDesk;
  /** Carries out an order through the driver. @throws Error for an unknown target */
  order(order: OperatorOrder): void;
  /**
   * Reads pool and policy anew, and says which sections of the configuration have changed.
   *
   * @throws BadInput when they cannot be used: everything then stays as it was
   */
  reload(): Promise<{ readonly changed: readonly string[] }>;
}
