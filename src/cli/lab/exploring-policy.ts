import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadPolicy, type NamedPolicy } from '../../config/load-policy.ts';

export interface LivePolicy {
  readonly policy: NamedPolicy;
  /** What a command line calls it. */
  readonly path: string;
}

/**
 * The policy that goes live: that of the user, but that it leaves a share of its decisions to chance. One that never
 * explores sends nothing to most providers, and of those its log tells nothing that could be fitted.
 *
 * @param share of the decisions, 0 to 1; a policy that explores as much or more stays as it is
 * @param path what the policy is called so far
 * @param out folder of the lab, which gets the policy as a file
 */
export async function exploringPolicy(
  policy: NamedPolicy,
  share: number,
  path: string,
  out: string,
): Promise<LivePolicy> {
  if (policy.policy.explorationRate >= share) return { policy, path };
  const written = join(out, `${policy.name.replace(/\.policy$/, '')}-exploring.policy.yaml`);
  await writeFile(written, stringify({ ...policy.policy, explorationRate: share }));
  return { policy: loadPolicy(written), path: written };
}
