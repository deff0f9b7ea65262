/** CMA-ES from the best policy found so far, over the knobs that are numbers. */
import { candidateAt } from './candidates.ts';
import { createCmaEs } from './cma-es.ts';
import type { SearchSpace } from './search-space.ts';
import { byStanding, type Rung, type TrialBook, type Trialed } from './trial-book.ts';

const FIRST_STEP = 0.2;
/** Generations below which a covariance is not learnt; then rather more of them on less of the trace. */
const GENERATIONS_MIN = 6;
/** Of the best of the search, how many are tried on the whole train part. */
const PROMOTED = 4;
/** A step so small moves no knob. */
const STEP_MIN = 1e-3;

/**
 * @param rows that may be replayed
 * @param seed a safe integer
 */
export async function refine(
  book: TrialBook,
  space: SearchSpace,
  rungs: readonly Rung[],
  start: Trialed,
  rows: number,
  seed: number,
): Promise<void> {
  const numbers = space.knobs.flatMap(({ choices }, index) => (choices === null ? [index] : []));
  if (numbers.length === 0) return;
  const whole = rungs.at(-1)!;
  const search = createCmaEs(
    numbers.map((index) => start.point[index]!),
    FIRST_STEP,
    seed,
  );
  const rowsLeft = rows - PROMOTED * whole.rows;
  const rung = rungFor(rungs, rowsLeft, search.pointsPerGeneration);
  const limit = book.rows + rowsLeft;
  const tried = new Map<string, Trialed>();
  while (book.rows + search.pointsPerGeneration * rung.rows <= limit && search.stepSize > STEP_MIN) {
    if (book.settings.shouldStop()) break;
    const points = search.ask();
    const candidates = points.map((point) => {
      const whole = start.point.slice();
      numbers.forEach((index, place) => (whole[index] = point[place]!));
      return candidateAt(space, 'cma-es', whole);
    });
    const judged = await book.judge(candidates, rung);
    const order = judged.map((trialed, index) => ({ trialed, index })).sort((a, b) => byStanding(a.trialed, b.trialed));
    search.tell(order.map(({ index }) => points[index]!));
    for (const trialed of judged) tried.set(trialed.policyHash, trialed);
  }
  const promoted = [...tried.values()].sort(byStanding).slice(0, PROMOTED);
  await book.judge(promoted, whole);
}

/** The largest rung on which enough generations fit. */
function rungFor(rungs: readonly Rung[], rows: number, points: number): Rung {
  const fitting = rungs.filter((rung) => rung.rows * points * GENERATIONS_MIN <= rows);
  return fitting.at(-1) ?? rungs[0]!;
}
