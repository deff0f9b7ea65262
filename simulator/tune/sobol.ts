/**
 * Scrambled Sobol' points (I. M. Sobol', USSR Computational Mathematics and Mathematical Physics 7, 1967), for any number
 * of dimensions. Each dimension has a primitive polynomial over GF(2) of its own, found here by trial, and first direction
 * numbers that are drawn: of several draws the one that leaves the fewest holes in the planes with the dimensions before it.
 * The points are scrambled bit by bit as A. B. Owen has it (1995): a bit is flipped or not depending on all bits above it,
 * which keeps the strata and makes every point uniform.
 */
import { DRAW_PURPOSE_OUTSIDE_ROUTER, hashIntegers } from '../../src/router/keyed-draw.ts';

const DIRECTION_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 500;
const SCRAMBLE_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 501;
const BITS = 32;
/** The direction numbers do not depend on the seed of a run: the sequence is one, its scrambling is drawn. */
const DIRECTION_SEED = 20_261_122;
const DRAWS = 12;
/** A plane is looked at in 16 x 16 cells with as many points. */
const PLANE_BITS = 4;
const PLANE_POINTS = 1 << (2 * PLANE_BITS);

/** Points in [0, 1)^dimensions; point `index` of the scrambling `seed`. */
export interface SobolSequence {
  readonly dimensions: number;
  /** @param index from 0, below 2^31 */
  point(index: number): Float64Array;
}

/**
 * @param dimensions >= 1
 * @param seed a safe integer; chooses the scrambling
 */
export function sobolSequence(dimensions: number, seed: number): SobolSequence {
  const directions = directionsOf(dimensions);
  return {
    dimensions,
    point: (index) =>
      Float64Array.from(directions, (numbers, dimension) => {
        return scrambled(rawCoordinate(numbers, index), seed, dimension) / 2 ** BITS;
      }),
  };
}

/** The unscrambled coordinate as a 32-bit integer: the direction numbers of the index's bits, added without carry. */
function rawCoordinate(numbers: Uint32Array, index: number): number {
  let coordinate = 0;
  for (let bit = 0, rest = index; rest > 0; bit++, rest >>>= 1) {
    if (rest & 1) coordinate ^= numbers[bit]!;
  }
  return coordinate >>> 0;
}

function scrambled(coordinate: number, seed: number, dimension: number): number {
  let result = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const above = bit === 0 ? 0 : coordinate >>> (BITS - bit);
    const flip = hashIntegers(seed, above, Math.imul(dimension, 64) + bit, SCRAMBLE_PURPOSE) & 1;
    const own = (coordinate >>> (BITS - 1 - bit)) & 1;
    result = ((result << 1) | (own ^ flip)) >>> 0;
  }
  return result;
}

/** Worked out once, as they are the same for every sequence: one table a dimension, the first van der Corput's. */
const tables: Uint32Array<ArrayBuffer>[] = [Uint32Array.from({ length: BITS }, (_, bit) => 2 ** (BITS - 1 - bit))];

function directionsOf(dimensions: number): readonly Uint32Array<ArrayBuffer>[] {
  for (const polynomial of primitivePolynomials(dimensions - 1).slice(tables.length - 1)) {
    tables.push(bestTable(polynomial, tables));
  }
  return tables.slice(0, dimensions);
}

function bestTable(polynomial: number, before: readonly Uint32Array[]): Uint32Array<ArrayBuffer> {
  let best: Uint32Array<ArrayBuffer> | null = null;
  let bestFilled = -1;
  for (let draw = 0; draw < DRAWS; draw++) {
    const table = directionTable(polynomial, draw);
    const filled = before.reduce((least, other) => Math.min(least, filledCells(table, other)), Infinity);
    if (filled > bestFilled) {
      best = table;
      bestFilled = filled;
    }
  }
  return best!;
}

/** How many cells of the plane of two dimensions the first points reach. */
function filledCells(a: Uint32Array, b: Uint32Array): number {
  const cells = new Uint8Array(PLANE_POINTS);
  let filled = 0;
  for (let index = 0; index < PLANE_POINTS; index++) {
    const row = rawCoordinate(a, index) >>> (BITS - PLANE_BITS);
    const cell = (row << PLANE_BITS) | (rawCoordinate(b, index) >>> (BITS - PLANE_BITS));
    if (cells[cell] === 0) filled++;
    cells[cell] = 1;
  }
  return filled;
}

/** Drawn odd numbers m_1 < 2, m_2 < 4, ... up to the degree, and the recurrence of the polynomial from there on. */
function directionTable(polynomial: number, draw: number): Uint32Array<ArrayBuffer> {
  const degree = degreeOf(polynomial);
  const odd: number[] = [];
  for (let place = 0; place < BITS; place++) {
    if (place < degree) {
      const random = hashIntegers(DIRECTION_SEED, polynomial, Math.imul(draw, BITS) + place, DIRECTION_PURPOSE);
      odd.push((random % 2 ** place) * 2 + 1);
      continue;
    }
    let next = odd[place - degree]! ^ shifted(odd[place - degree]!, degree);
    for (let term = 1; term < degree; term++) {
      if ((polynomial >>> (degree - term)) & 1) next ^= shifted(odd[place - term]!, term);
    }
    odd.push(next >>> 0);
  }
  return Uint32Array.from(odd, (number, place) => shifted(number, BITS - 1 - place));
}

function shifted(number: number, bits: number): number {
  return (number << bits) >>> 0;
}

/** The first ones in order of degree, as bits from the highest power down; x + 1 is the first. */
function primitivePolynomials(count: number): readonly number[] {
  const found: number[] = [];
  for (let polynomial = 3; found.length < count; polynomial += 2) if (isPrimitive(polynomial)) found.push(polynomial);
  return found;
}

/** Whether the powers of x modulo the polynomial run through all that there are. */
function isPrimitive(polynomial: number): boolean {
  const degree = degreeOf(polynomial);
  const order = 2 ** degree - 1;
  let power = 1;
  for (let exponent = 1; exponent <= order; exponent++) {
    power <<= 1;
    if (power >>> degree) power ^= polynomial;
    if (power === 1) return exponent === order;
  }
  return false;
}

function degreeOf(polynomial: number): number {
  return BITS - 1 - Math.clz32(polynomial);
}
