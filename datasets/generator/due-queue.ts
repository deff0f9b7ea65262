/** Something that becomes due. */
export interface Due {
  readonly dueMs: number;
  /** Breaks ties; unique. */
  readonly owner: number;
}

/** A binary heap of things by (dueMs, owner). */
export interface DueQueue<T extends Due> {
  readonly size: number;
  push(entry: T): void;
  /** Takes the earliest entry when it is due at that time. */
  takeDue(nowMs: number): T | undefined;
}

export function dueQueue<T extends Due>(): DueQueue<T> {
  const heap: T[] = [];

  const before = (a: T, b: T): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.owner < b.owner);

  function sink(entry: T): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as T, heap[child] as T)) child++;
      if (!before(heap[child] as T, entry)) break;
      heap[at] = heap[child] as T;
      at = child;
    }
    heap[at] = entry;
  }

  return {
    get size() {
      return heap.length;
    },
    push(entry) {
      let at = heap.length;
      heap.push(entry);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!before(entry, heap[parent] as T)) break;
        heap[at] = heap[parent] as T;
        at = parent;
      }
      heap[at] = entry;
    },
    takeDue(nowMs) {
      const first = heap[0];
      if (first === undefined || first.dueMs > nowMs) return undefined;
      const last = heap.pop() as T;
      if (heap.length > 0) sink(last);
      return first;
    },
  };
}
