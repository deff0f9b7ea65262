/** Blocks that are tried, tokens. */
const BLOCK_MAX = 4_096;
/** Share of the reads that have to be whole blocks; a few are logged oddly. */
const WHOLE_SHARE = 0.95;
/** Reads that are looked at; more say the same. */
const READS_MAX = 1_000;
/** With fewer different reads the block may just as well be a part of what is found. */
const DIFFERENT_MIN = 4;

/**
 * The size of which cache reads are multiples: the largest that nearly all of them share, which is their greatest
 * common divisor when none is odd.
 *
 * @param reads > 0, tokens
 */
export function blockOfReads(reads: Float64Array): { readonly tokens: number; readonly isDoubtful: boolean } {
  const step = Math.max(1, Math.floor(reads.length / READS_MAX));
  const sample = reads.filter((_, index) => index % step === 0).map(Math.round);
  const isDoubtful = new Set(sample).size < DIFFERENT_MIN;
  if (sample.length === 0) return { tokens: 1, isDoubtful };
  const largest = Math.min(
    BLOCK_MAX,
    sample.reduce((max, read) => Math.max(max, read), 1),
  );
  for (let block = largest; block > 1; block--) {
    let whole = 0;
    for (const read of sample) if (read % block === 0) whole += 1;
    if (whole >= WHOLE_SHARE * sample.length) return { tokens: block, isDoubtful };
  }
  return { tokens: 1, isDoubtful };
}
