/** A live log with reloads, a restart and a reader of its own: every first choice is heard, whoever the router was. */
import { expect, test } from 'vitest';
import { estimateLog } from '../../../simulator/estimate/estimate-log.ts';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { createReplay } from '../../../src/log/replay.ts';
import type { DecisionRow } from '../../../src/log/schema.ts';
import { DRIVEN_POLICY } from '../../log/drive-router.ts';
import { LiveDriver, START_MS } from '../../log/live/live-driver.ts';
import { readWhole } from '../../log/live/live-rows.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';

const pathOf = temporaryFolder();

async function life(folder: string, work: (driver: LiveDriver) => void): Promise<void> {
  const log = await openLiveLog(folder);
  const sequence = log.recovered.nextSequence;
  const { rebuilt } = await log.rebuildRouter();
  const driver = new LiveDriver(log, { sequence, nowMs: START_MS + sequence * 3_600, router: rebuilt?.router ?? null });
  if (rebuilt !== null) driver.abandon(rebuilt.openRequests);
  work(driver);
  await log.close();
}

test('a live log over reloads and a restart', { timeout: 60_000 }, async () => {
  const folder = pathOf('live');
  await life(folder, (driver) => {
    driver.run(300);
    driver.reload({ ...DRIVEN_POLICY, explorationRate: 0.5, score: { ...DRIVEN_POLICY.score, sharpness: 3 } });
    driver.run(300);
    driver.reload(DRIVEN_POLICY);
  });
  await life(folder, (driver) => driver.run(300));
  const { inputs, decisions } = await readWhole(folder);
  const begun = inputs.filter(({ kind }) => kind === 'begin').length;
  const first = new Map<string, DecisionRow>();
  for (const row of decisions) {
    if (row.chosen_target !== null && !first.has(row.request_id)) first.set(row.request_id, row);
  }
  const outcomes = inputs.flatMap((input) => (input.kind === 'observe' ? [input.payload] : []));
  // An answer that comes after the restart gave its request up counts no more.
  const verdicts = outcomes.filter(({ kind }) => kind === 'success' || kind === 'cancelled').reverse();
  const verdictOf = new Map(verdicts.map(({ requestId, kind }) => [requestId, kind]));
  const tried = new Set(outcomes.map(({ requestId }) => requestId));
  // Some still back off when the log ends.
  const replay = createReplay();
  for (const input of inputs) replay.apply(input);
  const { open, ending } = replay.follower;
  const ended = [...first.keys()].filter((id) => tried.has(id) && (!open.has(id) || ending === id));
  const answered = ended.filter((id) => verdictOf.get(id) === 'success');
  const reader = await openLog(folder);
  try {
    const settings = {
      policy: DRIVEN_POLICY,
      policyName: 'driven',
      policyHash: '',
      metrics: ['successRatio'],
      seed: 1,
    } as const;
    const estimate = await estimateLog(reader, settings);
    expect(estimate).toMatchObject({ identifiable: true, requests: begun, decisions: ended.length });
    expect(estimate.metrics[0]!.logging.value).toBeCloseTo(answered.length / ended.length, 12);
    // The driver crowds its pool, so that most choices are between one target and waiting.
    expect(estimate.diagnostics.meanWeight).toBeCloseTo(1, 2);
    expect(estimate.diagnostics.choiceShare).toBeLessThan(0.1);
    expect(estimate.notes).toContain('the log has 2 policies; each choice is weighed by the one that made it');
  } finally {
    reader.close();
  }
});
