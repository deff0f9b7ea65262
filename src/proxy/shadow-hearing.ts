/** What the shadow of a driver would have decided, kept until the input at hand is written down. */
import type { LogRecorder } from '../log/recorder.ts';
import type { HeardShadow } from '../log/shadow-row.ts';
import type { Arm, HearShadow, Router } from '../router/index.ts';
import type { PolicyInForce } from './driver.ts';

export interface ShadowTally {
  /** Heard since the shadow was set, */
  readonly decisions: number;
  /** and those of them that chose another target, or none, or one where none was. */
  readonly differs: number;
}

export class ShadowHearing {
  private readonly hashOf: (arm: Arm) => string;
  private policy: PolicyInForce | null = null;
  private heard: HeardShadow[] = [];
  private decisions = 0;
  private differs = 0;

  /** @param hashOf of the policy in force for an arm */
  constructor(hashOf: (arm: Arm) => string) {
    this.hashOf = hashOf;
  }

  /** Of the shadow at present, or else of the last one. */
  get tally(): ShadowTally {
    return { decisions: this.decisions, differs: this.differs };
  }

  /** From now on this policy is heard; null: none is. */
  set(policy: PolicyInForce | null, router: Router): void {
    if (policy !== null) {
      this.decisions = 0;
      this.differs = 0;
    }
    this.policy = policy;
    this.follow(router);
  }

  /** The router is another one: what was heard of the old one is to be heard of this one. */
  follow(router: Router): void {
    if (this.policy === null) router.endShadow();
    else router.shadow(this.policy.policy, this.hear);
  }

  /** Writes what was heard during an input, after the commands of that input. */
  write(log: LogRecorder, sequence: number, atMs: number): void {
    if (this.heard.length === 0) return;
    for (let ordinal = 0; ordinal < this.heard.length; ordinal++) {
      log.shadow(sequence, ordinal, atMs, this.heard[ordinal]!);
    }
    this.heard = [];
  }

  private readonly hear: HearShadow = ({ requestId }, attempt, real, decision) => {
    this.decisions++;
    if (real.target !== decision.target) this.differs++;
    const policyHash = this.policy!.hash;
    const realPolicyHash = this.hashOf(real.arm);
    this.heard.push({ requestId, attempt, policyHash, decision, realPolicyHash, realTarget: real.target });
  };
}
