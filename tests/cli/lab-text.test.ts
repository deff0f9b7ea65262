import { describe, expect, it } from 'vitest';
import { createTrafficFigures } from '../../simulator/traffic/traffic-figures.ts';
import { addTime } from '../../simulator/traffic/traffic-figures.ts';
import { trafficResult } from '../../simulator/traffic/traffic-result.ts';
import { liveText } from '../../src/cli/lab-text.ts';

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

describe('what the lab says of its live run', () => {
  it('tells in a second line what its lateness means', () => {
    const traffic = trafficOf(200, 190, 5);
    const [figures, late, ...more] = liveText(traffic, 'live/token-pool.yaml', 60).split('\n');
    expect(more).toEqual([]);
    expect(figures).toMatch(/^live\/token-pool\.yaml: 200 requests .* sent 5\.\d ms late at p99\), 190 answered$/);
    expect(late).toMatch(
      /^Late is how long after its time in the trace a request was sent, here 30\d ms of the scenario/,
    );
  });

  it('has nothing to explain when nothing was sent', () => {
    expect(liveText(trafficOf(0, 0, null), 'live/token-pool.yaml', 60)).not.toContain('\n');
  });
});
