/** Follows a promotion on a running proxy to its end. */
import { BadInput } from '../config/bad-input.ts';
import type { Promotion } from '../policies/promotion.ts';
import type { PoliciesPage } from '../proxy/admin/index.ts';
import { Unreachable, type AdminClient } from './admin-client.ts';
import { progressBar, type ProgressBar } from './progress-bar.ts';
import { transitionText } from './promotion-text.ts';

const LOOK_EVERY_MS = 500;
/** A proxy that restarts is away for a while, and the promotion goes on with it. */
const AWAY_MAX_MS = 60_000;

/**
 * @param tell takes a line for each step
 * @returns how it ended, or as it was when `signal` came
 * @throws Unreachable when the proxy stays away, BadInput when it does not know the promotion any more
 */
export async function watchPromotion(
  client: AdminClient,
  id: string,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<Promotion> {
  let told = 0;
  let bar: ProgressBar | null = null;
  let barOf = '';
  try {
    for (;;) {
      const { page, promotion } = await findPromotion(client, id, signal);
      const news = promotion.transitions.slice(told);
      if (news.length > 0) {
        bar?.stop();
        bar = null;
      }
      for (const step of news) tell(transitionText(step));
      told = promotion.transitions.length;
      if (page.promotion?.id !== id || signal.aborted) return promotion;
      if (bar === null || barOf !== promotion.stage) bar = stageBar(promotion);
      barOf = promotion.stage;
      bar?.update(Math.min(lengthOf(promotion), page.atMs - promotion.stageSinceMs - promotion.pausedMs) / 1_000);
      await pause(LOOK_EVERY_MS, signal);
    }
  } finally {
    bar?.stop();
  }
}

async function findPromotion(
  client: AdminClient,
  id: string,
  signal: AbortSignal,
): Promise<{ readonly page: PoliciesPage; readonly promotion: Promotion }> {
  const giveUpAtMs = performance.now() + AWAY_MAX_MS;
  for (;;) {
    try {
      const page = await client.get<PoliciesPage>('/admin/policies');
      const all = [...(page.promotion === null ? [] : [page.promotion]), ...page.active, ...page.past];
      const promotion = all.find((each) => each.id === id);
      if (promotion !== undefined) return { page, promotion };
      throw new BadInput('the proxy does not know the promotion any more; was its folder changed?');
    } catch (error) {
      if (!(error instanceof Unreachable) || performance.now() > giveUpAtMs || signal.aborted) throw error;
      await pause(LOOK_EVERY_MS, signal);
    }
  }
}

function lengthOf({ stage, plan }: Promotion): number {
  return stage === 'shadow' ? plan.shadowForMs : stage === 'canary' ? plan.canaryForMs : 0;
}

/** Null for a stage without a length. */
function stageBar(promotion: Promotion): ProgressBar | null {
  const lengthMs = lengthOf(promotion);
  return lengthMs === 0
    ? null
    : progressBar(`${promotion.policyName} in ${promotion.stage}, seconds`, lengthMs / 1_000);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
