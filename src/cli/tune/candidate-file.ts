/** The candidate of a search as a policy file, with what speaks for it. */
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { writeWhole } from '../../../datasets/partial-file.ts';
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import type { Evidence } from '../../config/evidence-schema.ts';
import { poolFingerprint } from '../../config/pool-fingerprint.ts';
import type { PoolDefinition } from '../../router/pool.ts';

const DAY_MS = 86_400_000;
/** Traffic, prices and providers change; what was true of them a month ago is no reason any more. */
const VALID_DAYS = 30;

/**
 * @param nowMs since 1970
 * @throws Error when the result has no candidate, or was interrupted before it was judged
 */
export function evidenceOf(result: TuningResult, pool: PoolDefinition, nowMs: number): Evidence {
  const { candidate, incumbent, isPartial, predicted } = result;
  if (candidate === null || isPartial || predicted.holdout.length === 0) throw new Error('nothing speaks for it');
  return {
    formatVersion: 1,
    coreVersion: result.coreVersion,
    createdAt: new Date(nowMs).toISOString(),
    validUntil: new Date(nowMs + VALID_DAYS * DAY_MS).toISOString(),
    policyHash: candidate.policyHash,
    incumbent: { name: incumbent.name, policyHash: incumbent.policyHash },
    pool: poolFingerprint(pool),
    trace: result.trace,
    holdoutShare: result.holdoutShare,
    scenarios: result.scenarios,
    seeds: [...result.seeds],
    objective: result.objective,
    predicted: result.predicted,
    tiers: result.tiers,
    verdict: result.verdict,
    why: result.why,
    compared: [...result.compared],
    pareto: [...result.pareto],
    trials: result.trials.length,
    replayedRequests: result.replayedRequests,
  };
}

/** @throws BadInput when the file cannot be written, or is something else than a candidate */
export async function writeCandidate(path: string, result: TuningResult, evidence: Evidence): Promise<void> {
  const head = `# Written by tokenpool tune: ${result.verdict}\n`;
  // Plain data without shared parts, or YAML would write these as references.
  const plain = JSON.parse(JSON.stringify({ ...result.candidate!.policy, evidence })) as object;
  await writeWhole(path, 'policy', (partialPath) =>
    writeFile(partialPath, head + stringify(plain, { lineWidth: 120, aliasDuplicateObjects: false })),
  );
}
