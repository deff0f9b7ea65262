/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations (C. G. J. Jacobi, 1846), which are slow for
 * large matrices and exact enough for the few dozen dimensions of a search.
 */

const SWEEPS_MAX = 60;
const TOLERANCE = 1e-22;

export interface Eigen {
  readonly values: Float64Array;
  /** Eigenvector k is the column k: element (i, k) at i x size + k. */
  readonly vectors: Float64Array;
}

/** @param matrix symmetric, row by row; left as it is */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let index = 0; index < size; index++) vectors[index * size + index] = 1;
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    const { inside, outside } = sumsOfSquares(a, size);
    if (outside <= TOLERANCE * inside) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, vectors, size, p, q);
  }
  return { values: Float64Array.from({ length: size }, (_, index) => a[index * size + index]!), vectors };
}

function sumsOfSquares(a: Float64Array, size: number): { readonly inside: number; readonly outside: number } {
  let inside = 0;
  let outside = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const square = a[row * size + column]! ** 2;
      if (row === column) inside += square;
      else outside += square;
    }
  }
  return { inside, outside };
}

/** Turns the plane of p and q until their common element is 0. */
function rotate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const common = a[p * size + q]!;
  if (common === 0) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * common);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k = 0; k < size; k++) turn(a, k * size + p, k * size + q, cosine, sine);
  for (let k = 0; k < size; k++) turn(a, p * size + k, q * size + k, cosine, sine);
  for (let k = 0; k < size; k++) turn(vectors, k * size + p, k * size + q, cosine, sine);
}

function turn(values: Float64Array, first: number, second: number, cosine: number, sine: number): void {
  const x = values[first]!;
  const y = values[second]!;
  values[first] = cosine * x - sine * y;
  values[second] = sine * x + cosine * y;
}
