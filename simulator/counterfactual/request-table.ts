import { hashText } from '../../src/router/keyed-draw.ts';

const NONE = -1;

/**
 * Which rows belong to a request id, without keeping the ids: two 32-bit hashes stand for one. Two ids of a million are
 * taken for the same with a probability below 1e-7. 20 bytes a row.
 */
export class RequestTable {
  private readonly heads: Int32Array;
  private readonly next: Int32Array;
  private readonly firstHash: Uint32Array;
  private readonly secondHash: Uint32Array;
  private readonly mask: number;

  constructor(rowsMax: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(2, rowsMax * 2)));
    this.mask = places - 1;
    this.heads = new Int32Array(places).fill(NONE);
    this.next = new Int32Array(rowsMax).fill(NONE);
    this.firstHash = new Uint32Array(rowsMax);
    this.secondHash = new Uint32Array(rowsMax);
  }

  add(row: number, requestId: string): void {
    const first = hashText(requestId);
    const second = secondHashOf(requestId);
    this.firstHash[row] = first;
    this.secondHash[row] = second;
    const place = this.placeOf(first, second);
    this.next[row] = this.heads[place]!;
    this.heads[place] = row;
  }

  /** The latest row of a request, or -1. */
  latest(requestId: string): number {
    return this.heads[this.placeOf(hashText(requestId), secondHashOf(requestId))]!;
  }

  /** The row of the same request that was added before this one, or -1. */
  before(row: number): number {
    return this.next[row]!;
  }

  /** Where the rows of a request are, or a free place. */
  private placeOf(first: number, second: number): number {
    let place = first & this.mask;
    for (;;) {
      const head = this.heads[place]!;
      if (head === NONE || (this.firstHash[head] === first && this.secondHash[head] === second)) return place;
      place = (place + 1) & this.mask;
    }
  }
}

/** Another start of the same hash leads elsewhere. */
function secondHashOf(requestId: string): number {
  return hashText(`2${requestId}`);
}
