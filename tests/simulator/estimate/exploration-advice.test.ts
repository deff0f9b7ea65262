import { describe, expect, it } from 'vitest';
import { adviceText, type NeededChance } from '../../../simulator/estimate/exploration-advice.ts';

const NEEDED: NeededChance = {
  rows: 2_000,
  loggedRate: 0.02,
  unsupportedShare: 0,
  explorationRate: 0.05,
  longer: { explorationRate: 0.02, decisions: 6_000 },
};

const advice = (changes: Partial<NeededChance>): string => adviceText({ ...NEEDED, ...changes });

describe('advice on exploration', () => {
  it('gives numbers that can be acted on', () => {
    expect(advice({})).toBe(
      "with explorationRate 0.05 (or mode weighted) in the log's policy, 2000 decisions like these would be enough; as it explores now about 6000 of them would be enough",
    );
    expect(advice({ explorationRate: 0.02 })).toContain('its draws fell badly: let it run on');
  });

  it('gives no others: neither rates of chaos nor logs of years', () => {
    const text = advice({ explorationRate: 1, longer: { explorationRate: 0.02, decisions: 900_000 } });
    expect(text).toMatch(/would be enough only if the log's policy sent most requests at random/);
    expect(text).toMatch(/as it explores now it would take a log some 450 times as long, which is no way/);
    expect(text).toMatch(/too far apart for this log: judge the other one by compare instead$/);
    expect(text).not.toMatch(/explorationRate 1|900000/);
    expect(advice({ explorationRate: null, longer: { explorationRate: 0.05, decisions: 1e9 } })).toMatch(
      /^no exploration makes 2000 decisions like these enough; at 0\.05 it would take a log more than a thousand times/,
    );
  });

  it('takes some thousands of decisions for little, however short the log is', () => {
    expect(advice({ rows: 10, explorationRate: null, longer: { explorationRate: 0.02, decisions: 700 } })).toBe(
      'no exploration makes 10 decisions like these enough; as it explores now about 700 of them would be enough',
    );
  });

  it('names those who are never explored with', () => {
    expect(advice({ explorationRate: null, longer: null, unsupportedShare: 0.2 })).toMatch(
      /requests of high priority are never explored with, mode weighted leaves theirs to chance too/,
    );
  });
});
