/**
 * First-token term: ref / (ref + TTFT), 1 for an instant answer, 1/2 at the policy's reference, towards 0 for
 * ever slower ones. In (0, 1], finite for every TTFT >= 0.
 */
export function firstTokenTerm(meanFirstTokenMs: number, referenceMs: number): number {
  return referenceMs / (referenceMs + meanFirstTokenMs);
}
