/** Records under load, and says which requests' ends are safe; its own end comes from outside. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import type { LoggedTransition } from '../../../src/log/transition-row.ts';
import type { VictimOrders } from './kill-rounds.ts';
import { DRIVEN_POLICY } from '../drive-router.ts';
import { LiveDriver, START_MS } from './live-driver.ts';

const { folder, options, pauseMs = 0 } = JSON.parse(process.argv[2]!) as VictimOrders;
const log = await openLiveLog(folder, options);
const { rebuilt, reason } = await log.rebuildRouter();
if (reason !== null) throw new Error(reason);
const { nextSequence } = log.recovered;
// The clock of a restarted proxy has gone on.
const nowMs = START_MS + 1_000 * nextSequence;
const driver = new LiveDriver(log, { sequence: nextSequence, nowMs, router: rebuilt?.router ?? null });
// All that a live proxy ever records: of the first life on there is a canary, which the later ones have from the log.
driver.follow({ ...DRIVEN_POLICY, mode: 'lowest-cost' });
if (driver.router.canary === null) {
  driver.tryOut({ id: 'victim', policy: { ...DRIVEN_POLICY, explorationRate: 0.5 }, share: 0.3 });
}
if (rebuilt !== null) driver.abandon(rebuilt.openRequests);
driver.ended.length = 0;
writeSync(1, 'ready\n');
for (let turn = 1; ; turn += 1) {
  driver.run(1 + (turn % 40));
  if (turn % 50 === 0) driver.snapshot();
  log.transition(stepAt(driver.nowMs, turn));
  const ended = driver.ended.splice(0);
  await log.flushed();
  // Written at once: what stands in the pipe was acknowledged before the process died.
  if (ended.length > 0) writeSync(1, `${ended.join('\n')}\n`);
  if (pauseMs > 0) await sleep(pauseMs);
}

function stepAt(atMs: number, turn: number): LoggedTransition {
  const words = { promotionId: `turn-${turn}`, policyHash: 'h', policyName: 'tried', who: 'victim', why: 'to be lost' };
  return { atMs, from: 'staged', to: 'shadow', ...words };
}
