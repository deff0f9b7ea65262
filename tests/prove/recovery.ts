/** Fits of logs of known twins: how often their 95 % intervals hold the truth, over 200 runs. */
import { RECOVERY_RUNS, validateRecovery } from '../../src/cli/validate/validate-recovery.ts';
import { ofValidation, type Proof } from './proof.ts';

export const recovery: Proof = {
  name: 'recovery',
  about: `known twins found again from their logs, ${RECOVERY_RUNS} runs`,
  async run(report) {
    const checks = await validateRecovery(RECOVERY_RUNS, 1, () => undefined);
    for (const check of checks) report(ofValidation(check));
  },
};
