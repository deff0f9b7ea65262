/** Reads what replaying commands are given on the command line. */
import { openTrace, loadTrace, type TraceSource } from '../../datasets/index.ts';
import { BadInput } from '../config/bad-input.ts';
import { loadPolicy, type NamedPolicy } from '../config/load-policy.ts';

/** A trace up to this length is held in memory, so that each policy need not read it again. */
const ROWS_IN_MEMORY_MAX = 1_000_000;

/** @throws BadInput when the file is missing, is no canonical trace, or has a bad row */
export async function readTrace(path: string): Promise<TraceSource> {
  const trace = await openTrace(path);
  if (trace.requests === 0) throw new BadInput(`${path}: the trace has no requests; there is nothing to replay`);
  return loadTrace(trace, ROWS_IN_MEMORY_MAX);
}

/** Built-in names or files, separated by commas; each once. @throws BadInput */
export function readPolicies(list: string): readonly NamedPolicy[] {
  const names = list.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new BadInput(`--policies: an empty name in "${list}"`);
  const policies = names.map(loadPolicy);
  const seen = new Set<string>();
  for (const { name } of policies) {
    if (seen.has(name)) throw new BadInput(`--policies: "${name}" stands twice; name each policy once`);
    seen.add(name);
  }
  return policies;
}
