import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { DEFAULT_POLICY, SELECTION_MODES, type Policy, type SelectionMode } from '../router/policy.ts';
import { BadInput } from './bad-input.ts';
import { contentHash } from './content-hash.ts';
import type { Evidence } from './evidence-schema.ts';
import { policyFileSchema } from './policy-file-schema.ts';
import { policySchema } from './policy-schema.ts';
import { readYamlFile, validateFile, validateValue } from './yaml-file.ts';

/** A policy with the name under which results show it and the hash under which logs keep it. */
export interface NamedPolicy {
  readonly name: string;
  readonly policy: Policy;
  readonly hash: string;
  /** What its file says in favour of it, if anything. */
  readonly evidence?: Evidence;
}

/** The policies that need no file: the default policy with each way of picking. */
export const BUILT_IN_POLICIES: readonly SelectionMode[] = SELECTION_MODES;

/** SHA-256 (hex) of the full policy's canonical JSON: files that mean the same have the same hash. */
export function policyHash(policy: Policy): string {
  return contentHash(policy);
}

/**
 * A built-in policy by its name (one of {@link BUILT_IN_POLICIES}), or a YAML or JSON file by its path. A
 * file's policy is named for the file, without its last extension.
 *
 * @throws BadInput when it is neither, or when the file is not a policy (place, path, reason)
 */
export function loadPolicy(nameOrPath: string): NamedPolicy {
  const mode = BUILT_IN_POLICIES.find((name) => name === nameOrPath);
  if (mode !== undefined) return named(mode, { ...DEFAULT_POLICY, mode });
  if (!existsSync(nameOrPath)) {
    throw new BadInput(
      `policy "${nameOrPath}": neither a file nor a built-in policy; built in are ${BUILT_IN_POLICIES.join(', ')}`,
    );
  }
  const { evidence, ...policy } = validateFile(readYamlFile(nameOrPath), policyFileSchema);
  const loaded = named(basename(nameOrPath).replace(/\.(ya?ml|json)$/i, ''), policy);
  return evidence === undefined ? loaded : { ...loaded, evidence };
}

/**
 * A full policy from data of the same form as the file: what is left out is taken from the default policy.
 *
 * @param name what the data is, for messages
 * @throws BadInput naming the first field that is wrong
 */
export function parsePolicy(name: string, value: unknown): Policy {
  return validateValue(name, value, policySchema);
}

function named(name: string, policy: Policy): NamedPolicy {
  return { name, policy, hash: policyHash(policy) };
}
