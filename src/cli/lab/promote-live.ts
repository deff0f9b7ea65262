/** The second half of the lab's traffic, under which the candidate is promoted. */
import type { TraceSource } from '../../../datasets/index.ts';
import type { TrafficResult } from '../../../simulator/traffic/traffic-result.ts';
import type { NamedPolicy } from '../../config/load-policy.ts';
import type { Promotion, PromotionPlan } from '../../policies/promotion.ts';
import { createAdminClient } from '../admin-client.ts';
import { parseGuards } from '../guards-option.ts';
import type { LiveStage } from '../live-stage.ts';
import { watchPromotion } from '../watch-promotion.ts';

/** Of the time that the traffic takes: short stages, so that most of it is served by the promoted policy. */
const SHADOW_SHARE = 0.05;
const CANARY_TIME_SHARE = 0.25;
const CANARY_SHARE = 0.3;
const CANARY_REQUESTS_MIN = 100;
/** What is promoted was asked to be cheaper for first tokens half as late again at p95: that is no reason to take it back. */
const GUARDS = 'first-token<=5';

export interface PromotedRun {
  readonly traffic: TrafficResult;
  /** As the proxy had it when the traffic ended. */
  readonly promotion: Promotion;
}

/**
 * Starts the proxy where its log ended, promotes the candidate through shadow and canary while the traffic runs, and
 * stops the proxy again.
 */
export async function promoteLive(
  stage: LiveStage,
  trace: TraceSource,
  candidate: NamedPolicy,
  onProgress: (rows: number) => void,
): Promise<PromotedRun> {
  const url = await stage.startProxy();
  const client = createAdminClient(url, stage.adminToken);
  const ended = new AbortController();
  try {
    const { name, policy, evidence = null } = candidate;
    const order = { name, policy, evidence, plan: planFor(trace), who: 'lab', force: null };
    const { promotion } = await client.post<{ promotion: Promotion }>('/admin/policies/promote', order);
    const watching = watchPromotion(client, promotion.id, ended.signal, () => undefined);
    try {
      const traffic = await stage.send(trace, onProgress);
      ended.abort();
      return { traffic, promotion: await watching };
    } catch (error) {
      ended.abort();
      await watching.catch(() => undefined);
      throw error;
    }
  } finally {
    await stage.stopProxy();
  }
}

function planFor({ spanMs, requests }: TraceSource): PromotionPlan {
  const inCanary = requests * CANARY_TIME_SHARE * CANARY_SHARE;
  return {
    shadowForMs: Math.round(spanMs * SHADOW_SHARE),
    canaryShare: CANARY_SHARE,
    canaryForMs: Math.round(spanMs * CANARY_TIME_SHARE),
    requestsMin: Math.max(10, Math.min(CANARY_REQUESTS_MIN, Math.floor(inCanary / 2))),
    guards: parseGuards(GUARDS),
  };
}
