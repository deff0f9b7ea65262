import { describe, expect, it } from 'vitest';
import { objectiveText, parseObjective } from '../../src/config/objective-text.ts';

describe('an objective on the command line', () => {
  it('is a metric to bring down, under limits', () => {
    const objective = parseObjective({ minimize: 'cost', subjectTo: 'p95_first_token_ms<=1500, success >= 0.995' });
    expect(objective).toEqual({
      utility: { cost: -1 },
      subjectTo: [
        { metric: 'p95_first_token_ms', comparison: '<=', limit: 1_500 },
        { metric: 'success', comparison: '>=', limit: 0.995 },
      ],
    });
    expect(objectiveText(objective)).toBe('utility cost=-1, subject to p95_first_token_ms<=1500, success>=0.995');
  });

  it('is a weighted sum', () => {
    expect(parseObjective({ utility: 'cost=-1,success=20' }).utility).toEqual({ cost: -1, success: 20 });
    expect(parseObjective({})).toEqual({ utility: { cost: -1 }, subjectTo: [] });
  });

  it.each([
    [{ minimize: 'cots' }, /--minimize: "cots" is no metric; did you mean cost\?/],
    [{ minimize: 'success' }, /--minimize success: more of it is better/],
    [{ minimize: 'cost', utility: 'cost=-1' }, /leave one of them out/],
    [{ utility: 'cost' }, /--utility: "cost" is not of the form/],
    [{ utility: 'cost=cheap' }, /"cheap" is not a number/],
    [{ utility: 'cost=-1,cost=-2' }, /cost stands twice/],
    [{ utility: 'cost=0' }, /nothing in "cost=0" is worth anything/],
    [{ subjectTo: 'success<=0.9' }, /bounds success on its better side/],
    [{ subjectTo: 'cost<1' }, /"cost<1" is not of the form/],
    [{ subjectTo: 'cost<=1,' }, /--subject-to: an empty part/],
  ])('%j is refused', (texts, pattern) => {
    expect(() => parseObjective(texts)).toThrow(pattern);
  });
});
