/** Reads a policy file in the browser as the command line reads it: same schema, same words for what is wrong. */
import { parseDocument } from 'yaml';
import { canonicalJson } from '../../config/canonical-json.ts';
import type { Evidence } from '../../config/evidence-schema.ts';
import { policyFileSchema } from '../../config/policy-file-schema.ts';
import { firstProblem } from '../../config/problem-line.ts';
import { DEFAULT_POLICY, type Policy } from '../../router/policy.ts';

/** A policy that may be sent. */
export interface Candidate {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly policy: Policy;
  readonly evidence: Evidence | null;
  /** SHA-256 of the policy as the proxy works it out; null: this browser cannot, as the page is not served securely. */
  readonly hash: string | null;
}

/** Policies with all the evidence of a long search are smaller. */
export const CANDIDATE_BYTES_MAX = 2 * 1_048_576;

/** @throws Error with one line: file and what is wrong */
export async function readCandidate(fileName: string, text: string): Promise<Candidate> {
  const document = parseDocument(text, { prettyErrors: false, merge: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw new Error(`${fileName}: not valid YAML: ${problem.message}`);
  const value: unknown = document.toJS();
  // To the command line it is the default policy; here it is most likely the wrong file.
  if (value === null || value === undefined) throw new Error(`${fileName}: the file is empty`);
  const read = policyFileSchema.safeParse(value);
  if (!read.success) throw new Error(`${fileName}: ${firstProblem(read.error, value).line}`);
  const { evidence = null, ...policy } = read.data;
  return { name: fileName.replace(/\.(ya?ml|json)$/i, ''), policy, evidence, hash: await hashOfPolicy(policy) };
}

/** As `policyHash` of the proxy; null where the browser gives pages no digests. */
export async function hashOfPolicy(policy: Policy): Promise<string | null> {
  // Missing on pages that come over plain HTTP from another machine, whatever its type says.
  const { subtle } = crypto as Partial<typeof crypto>;
  if (subtle === undefined) return null;
  const digest = await subtle.digest('SHA-256', new TextEncoder().encode(canonicalJson(policy)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A value of the candidate that is not that of another policy. */
export interface PolicyChange {
  /** `score.weights.cost` */
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

/** What differs, by path. @param base the default policy when left out */
export function changesOf(policy: Policy, base: Policy = DEFAULT_POLICY): readonly PolicyChange[] {
  const [from, to] = [leaves(base), leaves(policy)];
  return [...new Set([...from.keys(), ...to.keys()])]
    .filter((path) => from.get(path) !== to.get(path))
    .sort()
    .map((path) => ({ path, from: from.get(path) ?? '–', to: to.get(path) ?? '–' }));
}

function leaves(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return into.set(path, JSON.stringify(value));
  for (const [name, member] of Object.entries(value)) leaves(member, path === '' ? name : `${path}.${name}`, into);
  return into;
}
