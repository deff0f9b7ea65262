/** Weighted least squares with coefficients >= 0, for a handful of columns. */

export interface LeastSquares {
  /** One a column, >= 0; 0 where the column says nothing. */
  readonly coefficients: readonly number[];
  /** Of each coefficient; 0 for coefficients that are held at 0. */
  readonly standardErrors: readonly number[];
  /**
   * Largest ratio of what a column has to what it has apart from the others, over the columns that are not empty:
   * large when columns go together, `Infinity` when one is made up of others.
   */
  readonly collinearity: number;
}

/**
 * min sum w (y - X b)^2 under b >= 0, by trying every set of columns and keeping the best feasible one: the optimum is
 * the plain solution on the columns that are not held at 0 (C. L. Lawson, R. J. Hanson, Solving Least Squares Problems,
 * 1974, chapter 23; the same values as R `nnls` and SciPy `optimize.nnls`).
 *
 * @param columns 1 to 6 columns of equal length
 * Standard errors hold for residuals of any scatter (H. White, Econometrica 48, 1980; `HC1` of R `sandwich`).
 *
 * @param weights >= 0
 */
export function nonNegativeLeastSquares(
  columns: readonly Float64Array[],
  target: Float64Array,
  weights: Float64Array,
): LeastSquares {
  const { gram, moments, total } = normalEquations(columns, target, weights);
  const all = columns.map((_, column) => column).filter((column) => gram[column]![column]! > 0);
  let best = { columns: [] as readonly number[], solution: [] as readonly number[], loss: total };
  for (let set = 1; set < 1 << all.length; set++) {
    const used = all.filter((_, place) => (set >> place) & 1);
    const solution = solve(
      used.map((row) => used.map((column) => gram[row]![column]!)),
      used.map((row) => moments[row]!),
    );
    if (solution === null || solution.some((value) => value < 0)) continue;
    const explained = used.reduce((sum, column, place) => sum + solution[place]! * moments[column]!, 0);
    const loss = Math.max(0, total - explained);
    // Of equal fits the one with fewer columns.
    if (loss < best.loss - 1e-12 * total) best = { columns: used, solution, loss };
  }

  const scatter = scatterOf(columns, target, weights, best);
  const usedGram = best.columns.map((row) => best.columns.map((column) => gram[row]![column]!));
  const coefficients = columns.map(() => 0);
  const standardErrors = columns.map(() => 0);
  for (const [place, column] of best.columns.entries()) {
    const inverse = solve(usedGram, unitVector(best.columns.length, place)) ?? [];
    const variance = inverse.reduce(
      (sum, a, row) => sum + a * inverse.reduce((inner, b, other) => inner + b * scatter[row]![other]!, 0),
      0,
    );
    coefficients[column] = best.solution[place]!;
    standardErrors[column] = Math.sqrt(Math.max(0, variance));
  }
  return { coefficients, standardErrors, collinearity: collinearityOf(gram, all) };
}

function unitVector(size: number, place: number): readonly number[] {
  return Array.from({ length: size }, (_, other) => (other === place ? 1 : 0));
}

function collinearityOf(gram: readonly (readonly number[])[], used: readonly number[]): number {
  const matrix = used.map((row) => used.map((column) => gram[row]![column]!));
  const ratios = used.map((column, place) => {
    const inverse = solve(matrix, unitVector(used.length, place));
    return inverse === null ? Infinity : inverse[place]! * gram[column]![column]!;
  });
  return Math.max(1, ...ratios);
}

function normalEquations(columns: readonly Float64Array[], target: Float64Array, weights: Float64Array) {
  const gram = columns.map(() => columns.map(() => 0));
  const moments = columns.map(() => 0);
  let total = 0;
  for (let row = 0; row < target.length; row++) {
    const weight = weights[row]!;
    total += weight * target[row]! * target[row]!;
    for (let a = 0; a < columns.length; a++) {
      const weighted = weight * columns[a]![row]!;
      if (weighted === 0) continue;
      moments[a]! += weighted * target[row]!;
      for (let b = 0; b <= a; b++) gram[a]![b]! += weighted * columns[b]![row]!;
    }
  }
  for (let a = 0; a < columns.length; a++) {
    for (let b = 0; b < a; b++) gram[b]![a] = gram[a]![b]!;
  }
  return { gram, moments, total };
}

/** Sum of the squared weighted residuals with the products of the columns, for small samples times n / (n - k). */
function scatterOf(
  columns: readonly Float64Array[],
  target: Float64Array,
  weights: Float64Array,
  fit: { readonly columns: readonly number[]; readonly solution: readonly number[] },
): readonly (readonly number[])[] {
  const used = fit.columns.map((column) => columns[column]!);
  const scatter = used.map(() => used.map(() => 0));
  for (let row = 0; row < target.length; row++) {
    let residual = target[row]!;
    for (let place = 0; place < used.length; place++) residual -= fit.solution[place]! * used[place]![row]!;
    const square = (weights[row]! * residual) ** 2;
    for (let a = 0; a < used.length; a++) {
      for (let b = 0; b < used.length; b++) scatter[a]![b]! += square * used[a]![row]! * used[b]![row]!;
    }
  }
  const small = target.length / Math.max(1, target.length - used.length);
  return scatter.map((line) => line.map((value) => value * small));
}

/** Relative size of a pivot below which columns count as the same. */
const SINGULAR = 1e-9;

/** Gaussian elimination with the diagonal scaled to 1; null when the columns are not apart. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] | null {
  const size = right.length;
  const scale = matrix.map((row, index) => Math.sqrt(row[index]!));
  const rows = matrix.map((row, r) => [
    ...row.map((value, c) => value / (scale[r]! * scale[c]!)),
    right[r]! / scale[r]!,
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    let best = pivot;
    for (let row = pivot + 1; row < size; row++) {
      if (Math.abs(rows[row]![pivot]!) > Math.abs(rows[best]![pivot]!)) best = row;
    }
    if (!(Math.abs(rows[best]![pivot]!) > SINGULAR)) return null;
    [rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!];
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = rows[row]![pivot]! / rows[pivot]![pivot]!;
      for (let column = pivot; column <= size; column++) rows[row]![column]! -= factor * rows[pivot]![column]!;
    }
  }
  return rows.map((row, index) => row[size]! / row[index]! / scale[index]!);
}
