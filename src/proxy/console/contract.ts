/**
 * What the web console's page and the proxy tell each other. Types alone: the page is built for browsers and may take
 * nothing else from here. Times are Unix ms, money is USD where a name says so and micro-USD elsewhere.
 */
import type { PoliciesPage } from '../admin/policy-routes.ts';
import type { BudgetPage, StatusPage } from '../admin/status-page.ts';
import type { Promotion } from '../../policies/promotion.ts';
import type { RecentRequest } from '../watch/recent-requests.ts';
import type { TrafficRates } from '../watch/traffic-timeline.ts';

export type { BudgetPage, StatusPage } from '../admin/status-page.ts';
export type { ClientKeyPage, ClientKeysPage } from '../admin/client-keys-page.ts';
export type { PoliciesPage } from '../admin/policy-routes.ts';
export type { Promotion } from '../../policies/promotion.ts';
export type { CandidateProvider, RecentAttempt, RecentRequest } from '../watch/recent-requests.ts';
export type { TargetStatus } from '../watch/target-status.ts';
export type { TimelinePage, TimelineSpan, TrafficRates } from '../watch/traffic-timeline.ts';

/** `GET /console/session` (always 200), and the answer to a login or a logout. */
export type SessionPage =
  /** There is no admin token, so nobody can log in; `advice` says how to set one: `set admin.tokenEnv ...`. */
  | { readonly state: 'off'; readonly advice: string }
  | { readonly state: 'signed-out' }
  | {
      readonly state: 'signed-in';
      /** Goes with each POST under `/console` but the login, as the header {@link CsrfHeader}. */
      readonly csrfToken: string;
      /**
       * When the session ends if nothing more is asked; any call moves it on, an open stream does not, and there is an
       * end that nothing moves. On the clock of the machine that serves.
       */
      readonly expiresAtMs: number;
      /** Of Token Pool. */
      readonly version: string;
    };

/** Name of the header that the CSRF token goes in. */
export type CsrfHeader = 'x-token-pool-csrf';

/** `POST /console/login` */
export interface LoginForm {
  /** The admin token. */
  readonly token: string;
}

/** All errors, as those of the admin API. */
export interface ErrorPage {
  readonly error: { readonly code: string; readonly message: string };
}

/** A promotion without what is long and does not change: `GET /console/api/policies` has it whole. */
export type PromotionSummary = Omit<Promotion, 'policy' | 'evidence' | 'pool'>;

/** What changes of {@link PoliciesPage}; when `activeCount` or `latestPastId` do, it is worth asking for again. */
export interface PoliciesSummary extends Pick<PoliciesPage, 'atMs' | 'inForce' | 'configured'> {
  /** On its way, guards and figures as they are now; null: none. */
  readonly promotion: PromotionSummary | null;
  /** Promoted policies that a rollback can lead back from. */
  readonly activeCount: number;
  /** Id of the promotion that was over last; null: none was. */
  readonly latestPastId: string | null;
}

/**
 * Data of the event `frame` of `GET /console/live`: the first at once, then one a second at most. A frame is built once
 * for all that look, and a reader that is slow misses frames instead of getting them late. The event `expired` (without
 * data of use) comes before the end of a stream whose session is over: after it the page is to ask for the session, not
 * to connect again.
 */
export interface LiveFrame {
  /** Core's time. */
  readonly atMs: number;
  /** As `GET /admin/status`. */
  readonly status: StatusPage;
  /** As `GET /admin/budgets`. */
  readonly budgets: BudgetPage;
  readonly policies: PoliciesSummary;
  readonly rates: TrafficRates;
  /**
   * Ended since the last frame, newest first: at most 20, and fewer when their candidates are very many. In the first
   * frame after nobody had looked: the latest there are. Somebody who joins gets the last frame again, so a request can
   * come twice: go by `requestId`.
   */
  readonly requests: readonly RecentRequest[];
  /** All that ended since the last frame, so `requests` may be some of them only. */
  readonly endedSinceLast: number;
}
