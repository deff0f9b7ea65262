/**
 * Positions by name, for names that come again and again: the one asked for last is answered without a search.
 */
export class NameIndex {
  private readonly positions: ReadonlyMap<string, number>;
  private latestName = '';
  private latestPosition: number;

  constructor(positions: ReadonlyMap<string, number>) {
    this.positions = positions;
    this.latestPosition = positions.get('') ?? -1;
  }

  /** The position of a name, -1 when it is unknown. */
  find(name: string): number {
    if (name !== this.latestName) {
      this.latestName = name;
      this.latestPosition = this.positions.get(name) ?? -1;
    }
    return this.latestPosition;
  }
}
