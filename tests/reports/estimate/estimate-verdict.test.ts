import { describe, expect, it } from 'vitest';
import { estimateVerdict } from '../../../reports/estimate/estimate-verdict.ts';
import { disputed, effectOf } from '../../../reports/estimate/estimated-metrics.ts';
import { about, IDENTIFIABLE, metricOf, NOT_IDENTIFIABLE } from './fixture-estimates.ts';

const CHEAPER = metricOf('costUsdPer1kRequests', 4.2, 3.1, 0.2);
const SAME = metricOf('successRatio', 0.95, 0.951, 0.02);
const SLOWER = metricOf('firstTokenMs', 900, 1_240, 60);

const verdict = (...metrics: readonly (typeof SAME)[]): string => estimateVerdict({ ...IDENTIFIABLE, metrics });

describe('what an estimate means', () => {
  it('is a reason to change where something is clearly better and nothing worse', () => {
    expect(verdict(CHEAPER, SAME)).toMatch(
      /^This log speaks for candidate\.yaml: cost per 1,000 requests −\$1\.10 \(95\u00a0%: −\$1\.30 to −\$0\.900\)\. No clear difference in share of requests answered\. Each choice was judged alone, /,
    );
  });

  it('is a trade, a reason against, or none', () => {
    expect(verdict(CHEAPER, SLOWER)).toMatch(
      /^candidate\.yaml would be a trade: better in cost .*, but worse in mean time to the first token \+340\u00a0ms .* Decide which matters more; each choice/,
    );
    expect(verdict(SLOWER)).toMatch(
      /^This log speaks against candidate\.yaml: .* Change the policy rather than switch/,
    );
    expect(verdict(SAME)).toMatch(/^This log shows no clear difference .* It is no reason to change; a longer log/);
  });

  it('is nothing where the log cannot tell', () => {
    expect(estimateVerdict(NOT_IDENTIFIABLE)).toBe(
      'This log speaks neither for nor against candidate.yaml: do not decide by it.',
    );
  });
});

describe('an effect', () => {
  it('is better in the direction of its metric, and only where zero is left out', () => {
    expect([CHEAPER, SAME, SLOWER].map(effectOf)).toEqual(['better', 'unclear', 'worse']);
    expect(effectOf(metricOf('successRatio', 0.9, 0.95, 0.02))).toBe('better');
    expect(effectOf({ ...CHEAPER, difference: { value: -1, low95: null, high95: null } })).toBe('unclear');
    expect(effectOf({ ...CHEAPER, difference: { value: -1, low95: -2, high95: 0 } })).toBe('unclear');
  });
});

describe('estimators that contradict each other', () => {
  it('are those without a value in common', () => {
    expect(disputed({ metrics: [CHEAPER, { ...SAME, snips: about(0.8, 0.01) }] }).map(({ metric }) => metric)).toEqual([
      'successRatio',
    ]);
    expect(disputed(NOT_IDENTIFIABLE)).toEqual([]);
  });
});
