/** What the console shows of this moment, put together when somebody looks. No prompt, answer or secret is in it. */
import type { AdminContext } from '../admin/index.ts';
import { policiesPage } from '../admin/policy-routes.ts';
import { budgetPage, statusPage } from '../admin/status-page.ts';
import type { RecentRequest } from '../watch/index.ts';
import type { LiveFrame, PoliciesSummary, Promotion, PromotionSummary } from './contract.ts';

const REQUESTS_MAX = 20;
/** Of all requests of a frame: with hundreds of targets they would be most of it. */
const CANDIDATES_MAX = 400;

export class LiveFrames {
  private readonly admin: AdminContext;
  private endedBefore = 0;

  constructor(admin: AdminContext) {
    this.admin = admin;
  }

  /** @param isFirst nobody has looked for a while: the frame has the latest requests, whenever they ended */
  next(isFirst: boolean): LiveFrame {
    const { view, watch } = this.admin;
    const { endedRequests } = watch;
    const ended = endedRequests - this.endedBefore;
    this.endedBefore = endedRequests;
    const requests = withFewCandidates(watch.recentRequests(isFirst ? REQUESTS_MAX : Math.min(REQUESTS_MAX, ended)));
    return {
      atMs: view.nowMs(),
      status: statusPage(view, watch.routes()),
      budgets: budgetPage(view),
      policies: this.policies(),
      rates: watch.rates(),
      requests,
      endedSinceLast: isFirst ? requests.length : ended,
    };
  }

  private policies(): PoliciesSummary {
    const { policies, view } = this.admin;
    const { atMs, inForce, configured, promotion, active, past } = policiesPage(policies, view.nowMs());
    return {
      atMs,
      inForce,
      configured,
      promotion: promotion && withoutBodies(promotion),
      activeCount: active.length,
      latestPastId: past[0]?.id ?? null,
    };
  }
}

function withoutBodies(promotion: Promotion): PromotionSummary {
  const { policy: _policy, evidence: _evidence, pool: _pool, ...summary } = promotion;
  return summary;
}

/** The newest that have {@link CANDIDATES_MAX} together; one in any case. */
function withFewCandidates(requests: readonly RecentRequest[]): readonly RecentRequest[] {
  let candidates = 0;
  const tooMany = requests.findIndex(({ candidateProviders }, position) => {
    candidates += candidateProviders.length;
    return candidates > CANDIDATES_MAX && position > 0;
  });
  return tooMany < 0 ? requests : requests.slice(0, tooMany);
}
