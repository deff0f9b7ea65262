import { describe, expect, it } from 'vitest';
import type { PolicyRun } from '../../simulator/result.ts';
import { createTrafficFigures } from '../../simulator/traffic/traffic-figures.ts';
import { addTime } from '../../simulator/traffic/traffic-figures.ts';
import { trafficResult } from '../../simulator/traffic/traffic-result.ts';
import { answerRateText, liveText } from '../../src/cli/lab-text.ts';

function trafficOf(sent: number, answered: number, lateMs: number | null) {
  const figures = createTrafficFigures(60_000);
  if (lateMs !== null) addTime(figures.latenessMs, lateMs);
  figures.outcomes.success = answered;
  return trafficResult(
    {
      trace: { name: 't', sha256: '', requests: sent, spanMs: 60_000 },
      url: 'http://127.0.0.1:1/v1',
      speed: 60,
      interrupted: false,
      due: sent,
      sent,
      heldBack: 0,
      askedAsAuto: 0,
      promptsCut: 0,
      openMax: 1,
      wallMs: 25_000,
      sendingMs: 24_000,
    },
    figures,
  );
}

const REPLAYED = { name: 'ranked', successRatio: 0.985 } as PolicyRun;

describe('what the lab says of its live run', () => {
  it('tells in one line each what its lateness means and why its answer rate may differ', () => {
    const traffic = trafficOf(200, 190, 5);
    const [figures, late, ...more] = liveText(traffic, 'live/token-pool.yaml', 60).split('\n');
    expect(more).toEqual([]);
    expect(figures).toMatch(/^live\/token-pool\.yaml: 200 requests .* sent 5\.\d ms late at p99\), 190 answered$/);
    expect(late).toMatch(
      /^Late is how long after its time in the trace a request was sent, here 30\d ms of the scenario/,
    );
    expect(answerRateText(traffic, REPLAYED, 60)).toMatch(
      /^Live 95\.00 % were answered, in the replay of ranked 98\.50 %: [^\n]*counts as 60 ms of the scenario[^\n]*$/,
    );
  });

  it('has nothing to explain when nothing was sent', () => {
    expect(liveText(trafficOf(0, 0, null), 'live/token-pool.yaml', 60)).not.toContain('\n');
    expect(answerRateText(trafficOf(0, 0, null), REPLAYED, 60)).not.toContain('NaN');
  });
});
