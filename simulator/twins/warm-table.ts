/**
 * What prompt caches hold, in typed arrays: a set-associative table as in a processor's cache. A key may lie in
 * either of two sets of eight places, which fills the table far more evenly than one set would (M. Mitzenmacher,
 * The Power of Two Choices in Randomized Load Balancing, 2001). The table doubles while live entries would be lost,
 * up to its limit; from then on a new entry takes the place of the one that would expire first. Expired entries are
 * overwritten where they lie.
 */
export interface WarmTable {
  readonly entriesMax: number;
  /** A power of two, at least eight. */
  capacity: number;
  /** Apart from the fields, so that a set of eight is searched within a line of memory. */
  keys: Float64Array;
  /** When the entry expires; an empty place has long expired. */
  untilMs: Float64Array;
  /** The other fields of the entries, `FIELDS` in a row, at the places of {@link WARM}. */
  fields: Float64Array;
}

/** Fields of an entry: `fields[place * WARM_FIELDS + WARM.tokensAfter]`. */
export const WARM = {
  /** Second half of the key. */
  owner: 0,
  /** The target that served last; -1 in a new entry. */
  holder: 1,
  /** From when the entry counts; `Infinity` in a new one. */
  fromMs: 2,
  /** Tokens warm until `fromMs`. */
  tokensBefore: 3,
  /** Tokens warm from `fromMs` on. */
  tokensAfter: 4,
} as const;
export const WARM_FIELDS = 5;

const WAYS = 8;
const CAPACITY_AT_START = 1_024;

/** @param entriesMax most entries ever held, a power of two >= 1,024 */
export function createWarmTable(entriesMax: number): WarmTable {
  return { entriesMax, ...emptyColumns(CAPACITY_AT_START) };
}

function emptyColumns(capacity: number): Omit<WarmTable, 'entriesMax'> {
  return {
    capacity,
    keys: new Float64Array(capacity),
    untilMs: new Float64Array(capacity).fill(-Infinity),
    fields: new Float64Array(capacity * WARM_FIELDS),
  };
}

function hashOf(key: number, owner: number): number {
  const high = Math.floor(key / 4_294_967_296);
  let hash = Math.imul(key ^ Math.imul(high, 0x7feb352d) ^ Math.imul(owner, 0x846ca68b), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** First place of the one set of a hash. */
function oneSet(capacity: number, hash: number): number {
  return (hash & (capacity / WAYS - 1)) * WAYS;
}

/** First place of its other set; now and then the same. */
function otherSet(capacity: number, hash: number): number {
  return ((Math.imul(hash, 0xc2b2ae35) >>> 12) & (capacity / WAYS - 1)) * WAYS;
}

/** Place of the live entry, or -1. */
export function findWarm(table: WarmTable, key: number, owner: number, nowMs: number): number {
  const hash = hashOf(key, owner);
  const place = findInSet(table, oneSet(table.capacity, hash), key, owner, nowMs);
  return place >= 0 ? place : findInSet(table, otherSet(table.capacity, hash), key, owner, nowMs);
}

function findInSet(table: WarmTable, first: number, key: number, owner: number, nowMs: number): number {
  const { keys, untilMs, fields } = table;
  for (let place = first; place < first + WAYS; place++) {
    if (keys[place] !== key || fields[place * WARM_FIELDS + WARM.owner] !== owner) continue;
    if (untilMs[place]! > nowMs) return place;
  }
  return -1;
}

/**
 * Place of the live entry, or of a new one put where an expired or the soonest expiring one was. The place is
 * good until the next claim. The caller must set `untilMs`, and take the columns from the table after the call,
 * because a table that grows gets new ones.
 */
export function claimWarm(table: WarmTable, key: number, owner: number, nowMs: number): number {
  const found = findWarm(table, key, owner, nowMs);
  if (found >= 0) return found;
  const hash = hashOf(key, owner);
  let place = placeForNew(table, hash, nowMs);
  while (table.untilMs[place]! > nowMs && table.capacity < table.entriesMax) {
    grow(table, nowMs);
    place = placeForNew(table, hash, nowMs);
  }
  const { fields } = table;
  const offset = place * WARM_FIELDS;
  table.keys[place] = key;
  fields[offset + WARM.owner] = owner;
  fields[offset + WARM.holder] = -1;
  fields[offset + WARM.fromMs] = Infinity;
  fields[offset + WARM.tokensBefore] = 0;
  fields[offset + WARM.tokensAfter] = 0;
  return place;
}

/** An expired place in the set with more of them; without any, the place that expires first in either set. */
function placeForNew({ capacity, untilMs }: WarmTable, hash: number, nowMs: number): number {
  const one = oneSet(capacity, hash);
  const other = otherSet(capacity, hash);
  const freeInOne = countExpired(untilMs, one, nowMs);
  const freeInOther = countExpired(untilMs, other, nowMs);
  if (freeInOne > 0 || freeInOther > 0) return soonestExpiring(untilMs, freeInOne >= freeInOther ? one : other);
  const place = soonestExpiring(untilMs, one);
  const otherPlace = soonestExpiring(untilMs, other);
  return untilMs[place]! <= untilMs[otherPlace]! ? place : otherPlace;
}

function countExpired(untilMs: Float64Array, first: number, nowMs: number): number {
  let count = 0;
  for (let place = first; place < first + WAYS; place++) if (untilMs[place]! <= nowMs) count += 1;
  return count;
}

function soonestExpiring(untilMs: Float64Array, first: number): number {
  let soonest = first;
  for (let place = first + 1; place < first + WAYS; place++) {
    if (untilMs[place]! < untilMs[soonest]!) soonest = place;
  }
  return soonest;
}

/**
 * Doubles the table; expired entries stay behind. An entry stays with the same one of its two sets, so each set
 * is split between two new ones and there is always room.
 */
function grow(table: WarmTable, nowMs: number): void {
  const { capacity, keys, untilMs, fields } = table;
  Object.assign(table, emptyColumns(capacity * 2));
  for (let old = 0; old < capacity; old++) {
    if (untilMs[old]! <= nowMs) continue;
    const offset = old * WARM_FIELDS;
    const hash = hashOf(keys[old]!, fields[offset + WARM.owner]!);
    const setOf = oneSet(capacity, hash) === old - (old % WAYS) ? oneSet : otherSet;
    const place = soonestExpiring(table.untilMs, setOf(table.capacity, hash));
    table.keys[place] = keys[old]!;
    table.untilMs[place] = untilMs[old]!;
    table.fields.set(fields.subarray(offset, offset + WARM_FIELDS), place * WARM_FIELDS);
  }
}

/** How many entries are live. Walks the whole table. */
export function countWarm({ untilMs }: WarmTable, nowMs: number): number {
  return untilMs.reduce((count, until) => (until > nowMs ? count + 1 : count), 0);
}
