/** Linear systems of two or three unknowns, as robust regression with a few columns meets them. */

/**
 * The step of a Newton iteration that keeps the slopes from falling below 0. The matrix is symmetric and not negative;
 * a direction it knows nothing of is not taken. Unknown 0 is the intercept and free.
 *
 * @param matrix size x size, row by row
 * @param at where the iteration stands
 */
export function stepWithinBounds(matrix: Float64Array, right: Float64Array, at: Float64Array): Float64Array {
  const size = right.length;
  const isHeld = new Uint8Array(size);
  for (;;) {
    const step = solveHolding(matrix, right, at, isHeld);
    let worst = 0;
    for (let index = 1; index < size; index++) {
      if (isHeld[index] === 0 && at[index]! + step[index]! < Math.min(0, worst === 0 ? 0 : at[worst]! + step[worst]!)) {
        worst = index;
      }
    }
    if (worst === 0) return step;
    isHeld[worst] = 1;
  }
}

/** Held unknowns go to 0; the others solve what remains, by Gaussian elimination. */
function solveHolding(matrix: Float64Array, right: Float64Array, at: Float64Array, isHeld: Uint8Array): Float64Array {
  const size = right.length;
  const rows = Array.from({ length: size }, (_, row) => matrix.slice(row * size, (row + 1) * size));
  const sides = Float64Array.from(right);
  const step = new Float64Array(size);
  for (let held = 1; held < size; held++) {
    if (isHeld[held] === 0) continue;
    step[held] = -at[held]!;
    for (let row = 0; row < size; row++) sides[row]! -= rows[row]![held]! * step[held]!;
  }
  const order: number[] = [];
  for (let pivot = 0; pivot < size; pivot++) {
    const own = rows[pivot]![pivot]!;
    if (isHeld[pivot] === 1 || !(own > 1e-10 * matrix[pivot * size + pivot]!)) continue;
    order.push(pivot);
    for (let row = pivot + 1; row < size; row++) {
      const factor = rows[row]![pivot]! / own;
      for (let column = pivot; column < size; column++) rows[row]![column]! -= factor * rows[pivot]![column]!;
      sides[row]! -= factor * sides[pivot]!;
    }
  }
  for (let place = order.length - 1; place >= 0; place--) {
    const pivot = order[place]!;
    let side = sides[pivot]!;
    for (const later of order.slice(place + 1)) side -= rows[pivot]![later]! * step[later]!;
    step[pivot] = side / rows[pivot]![pivot]!;
  }
  return step;
}
