import type { Evidence } from '../config/evidence-schema.ts';

/** In words, what speaks for it. */
export function evidenceText(evidence: Evidence | null): string {
  if (evidence === null) return 'without evidence';
  const { createdAt, trace, why } = evidence;
  return `evidence of ${createdAt} over ${trace.requests} requests: ${why}`;
}
