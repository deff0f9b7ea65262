/** The proxy as the life of policies sees it. */
import type { Logger } from 'pino';
import type { Gateway } from '../config/load-gateway.ts';
import type { PolicyHost } from '../policies/policy-host.ts';
import { CORE_VERSION } from '../router/index.ts';
import type { Driver } from './driver.ts';
import { differsFrom } from './start-router.ts';

export interface PolicyHostParts {
  readonly driver: () => Driver;
  /** As it is now. */
  readonly gateway: () => Pick<Gateway, 'pool' | 'adapted'>;
  readonly logger: Logger;
}

export function createPolicyHost({ driver, gateway, logger }: PolicyHostParts): PolicyHost {
  return {
    coreVersion: CORE_VERSION,
    nowMs: () => driver().nowMs(),
    wallNowMs: () => Date.now(),
    pool: () => gateway().pool,
    adapted: (policy) => gateway().adapted(policy),
    apply(main, canary) {
      const { pool } = gateway();
      const isAsTold = !differsFrom(driver().router.snapshot(), pool, main, canary);
      if (!isAsTold || driver().policy.name !== main.name) driver().reconfigure(pool, main, canary);
    },
    shadow: (policy) => driver().shadow(policy),
    shadowTally: () => driver().shadowTally,
    budgets() {
      const { router } = driver();
      const nowMs = driver().nowMs();
      return router.budgetLabels.map((label, index) => {
        const { used, limit } = router.viewBudget(index, nowMs);
        return { label, useRatio: used / limit };
      });
    },
    transition: (row) => driver().transition(row),
    say: (level, fields, line) => logger[level](fields, line),
  };
}
