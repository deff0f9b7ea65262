import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scenarioVariants } from '../../../simulator/tune/fault-variants.ts';
import {
  cutTrace,
  holdoutStretch,
  middleBlocks,
  spreadStretches,
  wholeTrain,
} from '../../../simulator/tune/time-blocks.ts';
import { searchRungs } from '../../../simulator/tune/trial-book.ts';
import { scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';

const evenly = (rows: number, gapMs: number): Float64Array => Float64Array.from({ length: rows }, (_, i) => i * gapMs);

describe('the cut of a trace', () => {
  it('holds the later part back, and no stretch of the search reaches into it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 20_000 }),
        fc.double({ min: 0.1, max: 0.5, noNaN: true }),
        fc.integer({ min: 1, max: 60_000 }),
        (rows, share, gapMs) => {
          const arrivals = evenly(rows, gapMs);
          const cut = cutTrace(arrivals, share);
          expect(cut.rows - cut.trainRows).toBeGreaterThanOrEqual(Math.floor(share * rows));
          const rungs = searchRungs(cut, arrivals, true);
          expect(rungs.at(-1)).toMatchObject({ share: 1, stretches: [wholeTrain(cut)] });
          for (const { stretches, withFaults } of rungs) {
            for (const { fromRow, countFromRow, toRow } of [
              ...stretches,
              ...(withFaults === null ? [] : [withFaults]),
            ]) {
              expect(fromRow).toBeGreaterThanOrEqual(0);
              expect(countFromRow).toBeGreaterThanOrEqual(fromRow);
              expect(toRow).toBeGreaterThan(countFromRow);
              expect(toRow).toBeLessThanOrEqual(cut.trainRows);
            }
          }
          expect(holdoutStretch(cut)).toEqual({ fromRow: 0, countFromRow: cut.trainRows, toRow: rows });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('spreads the stretches of a share over the whole train part', () => {
    const cut = cutTrace(evenly(10_000, 1_000), 0.3);
    const stretches = spreadStretches(cut, 1 / 3);
    expect(stretches).toHaveLength(4);
    const counted = stretches.reduce((sum, { countFromRow, toRow }) => sum + toRow - countFromRow, 0);
    expect(counted).toBeGreaterThan(0.33 * cut.trainRows - 8);
    expect(stretches[0]!.countFromRow).toBeLessThan(0.25 * cut.trainRows);
    expect(stretches.at(-1)!.toRow).toBeGreaterThan(0.75 * cut.trainRows);
    for (const { fromRow, countFromRow } of stretches) expect(countFromRow - fromRow).toBeGreaterThan(100);
  });

  it('finds the rows of blocks by their time', () => {
    const arrivals = evenly(10_000, 1_000);
    const cut = cutTrace(arrivals, 0.3);
    expect(cut.blocks).toHaveLength(11);
    const { countFromRow, toRow } = middleBlocks(cut, arrivals, 3)!;
    expect(arrivals[countFromRow]).toBeGreaterThanOrEqual(cut.blocks[4]!.startMs);
    expect(arrivals[toRow - 1]).toBeLessThan(cut.blocks[6]!.endMs);
  });
});

describe('the variant with faults', () => {
  const { blocks } = cutTrace(evenly(10_000, 1_000), 0.3);
  const two = scenarioOf([{ id: 'a.main.x' }, { id: 'b.main.y' }]);

  it('has an outage or a storm in the middle of each block', () => {
    const [given, troubled] = scenarioVariants(two, blocks, 'faults', 1);
    expect(given).toBe(two);
    expect(troubled!.faults).toHaveLength(blocks.length);
    troubled!.faults.forEach((fault, index) => {
      const { startMs, endMs } = blocks[index]!;
      expect(fault.startMs).toBeGreaterThan(startMs);
      expect(fault.endMs).toBeLessThan(endMs);
      expect(fault.kind).toBe(index % 2 === 0 ? 'down' : 'rate-limit-storm');
    });
    expect(new Set(troubled!.faults.map(({ scope }) => scope)).size).toBe(2);
  });

  it('is left out when it is not asked for, and where there is nowhere else to go', () => {
    expect(scenarioVariants(two, blocks, 'none', 1)).toEqual([two]);
    expect(scenarioVariants(scenarioOf([{ id: 'a.main.x' }]), blocks, 'faults', 1)).toHaveLength(1);
  });
});
