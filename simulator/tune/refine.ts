/** CMA-ES from the best policy found so far, over the knobs that are numbers. */
import { candidateAt } from './candidates.ts';
import { createCmaEs } from './cma-es.ts';
import type { SearchSpace } from './search-space.ts';
import { byStanding, type Candidate, type Rung, type TrialBook, type Trialed } from './trial-book.ts';

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
  /** The numbers of a point, the choices of the start. */
  const candidateOf = (point: Float64Array): Candidate => {
    const all = start.point.slice();
    numbers.forEach((index, place) => (all[index] = point[place]!));
    return candidateAt(space, 'cma-es', all);
  };
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
    const candidates = points.map(candidateOf);
    const judged = await book.judge(candidates, rung);
    const order = judged.map((trialed, index) => ({ trialed, index })).sort((a, b) => byStanding(a.trialed, b.trialed));
    search.tell(order.map(({ index }) => points[index]!));
    for (const trialed of judged) tried.set(trialed.policyHash, trialed);
  }
  if (tried.size === 0) return;
  // The middle of the draws beside the best of them: where replays are short, the best may just be the luckiest.
  const promoted = [...tried.values()].sort(byStanding).slice(0, PROMOTED - 1);
  await book.judge([candidateOf(search.mean), ...promoted], whole);
}

/** The largest rung on which enough generations fit. */
function rungFor(rungs: readonly Rung[], rows: number, points: number): Rung {
  const fitting = rungs.filter((rung) => rung.rows * points * GENERATIONS_MIN <= rows);
  return fitting.at(-1) ?? rungs[0]!;
}
