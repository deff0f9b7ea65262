/** Which policy is in force and why, for people. */
import type { PolicyLifecycle } from './lifecycle.ts';
import type { Promotion, Stage } from './promotion.ts';

export interface PolicyStanding {
  readonly name: string;
  readonly hash: string;
  /** Where it comes from. */
  readonly source: 'configuration' | 'promotion';
  /** In plain words, with names: for operators. */
  readonly why: string;
  /** On its way to be the next; null: there is none. */
  readonly candidate: { readonly name: string; readonly hash: string; readonly stage: Stage } | null;
}

export function policyStanding({ main, active, candidate: open, past }: PolicyLifecycle): PolicyStanding {
  const promoted = active.at(-1);
  const source = promoted === undefined ? 'configuration' : 'promotion';
  const why = promoted === undefined ? `as configured${afterRollback(past[0])}` : promotedText(promoted);
  const candidate = open === null ? null : { name: open.policyName, hash: open.policyHash, stage: open.stage };
  return { name: main.name, hash: main.hash, source, why, candidate };
}

function promotedText({ transitions, stageSinceMs }: Promotion): string {
  const [first] = transitions;
  return `promoted by ${first?.who ?? 'somebody'}, active since ${new Date(stageSinceMs).toISOString()}`;
}

function afterRollback(last: Promotion | undefined): string {
  if (last === undefined) return '';
  const { policyName, transitions, stageSinceMs } = last;
  const ended = last.stage === 'rolled_back' ? 'rolled back' : 'retired';
  return `; ${policyName} was ${ended} at ${new Date(stageSinceMs).toISOString()}: ${transitions.at(-1)?.why ?? ''}`;
}
