/** Records so many requests as fast as they are taken, in a process of its own, and says what it cost as JSON. */
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import {
  CONFIGURE,
  sampleCandidate,
  sampleDecision,
  sampleOutcome,
  sampleRequest,
  sampleSend,
} from '../sample-rows.ts';

/** What a sustained run gives. */
export interface SustainedRun {
  readonly records: number;
  /** Rows of inputs, decisions and outcomes in the closed log. */
  readonly rows: number;
  readonly droppedRecords: number;
  readonly wallMs: number;
  /** Of the thread that records, per request: a begin, a decision among ten candidates, an outcome. */
  readonly recordUs: number;
  /** Highest resident sets, after a quarter of the run and at its end. */
  readonly rssMaxAtQuarter: number;
  readonly rssMax: number;
}

const RECORDS_A_REQUEST = 4;
const BATCH = 20;
const BEHIND_BYTES = 16 * 1024 * 1024;

const [folder, count] = [process.argv[2]!, Number(process.argv[3])];
const requests = count / RECORDS_A_REQUEST;
const candidates = Array.from({ length: 10 }, (_, index) =>
  sampleCandidate(`provider-${index}.main.chat`, { score: 1 / (index + 3), weight: 1 / (index + 7) }),
);
const decision = sampleDecision({ candidates });
// A minute between two requests would be calm; this is what a rotation has to keep up with.
const log = await openLiveLog(folder, { rotateBytes: 8 * 1024 * 1024, spoolFileBytes: 4 * 1024 * 1024 });
log.input(0, 0, 'configure', CONFIGURE);
let sequence = 1;
let busyMs = 0;
let rssMax = 0;
let rssMaxAtQuarter = 0;
const startMs = performance.now();
for (let index = 0; index < requests; index += 1) {
  const id = `request-${index}`;
  const request = sampleRequest(id);
  const send = sampleSend(id, 1, decision);
  const outcome = sampleOutcome(id, 1);
  const fromMs = performance.now();
  log.input(sequence, index, 'begin', request);
  log.commands(sequence, index, [send]);
  log.outcome(sequence + 1, index, outcome, 'provider-0.main.chat');
  log.input(sequence + 1, index, 'observe', outcome);
  busyMs += performance.now() - fromMs;
  sequence += 2;
  if (index % BATCH !== 0) continue;
  await log.flushed();
  while (log.health().behindBytes > BEHIND_BYTES) await new Promise((resolve) => setTimeout(resolve, 10));
  if (index % (50 * BATCH) === 0) rssMax = Math.max(rssMax, process.memoryUsage.rss());
  if (index <= requests / 4) rssMaxAtQuarter = rssMax;
}
await log.close();
const wallMs = performance.now() - startMs;
const reader = await openLog(folder);
const rows = (await reader.count('inputs')) + (await reader.count('decisions')) + (await reader.count('outcomes'));
reader.close();
const { droppedRecords } = log.health();
const run: SustainedRun = {
  records: requests * RECORDS_A_REQUEST + 1,
  rows,
  droppedRecords,
  wallMs,
  recordUs: (1_000 * busyMs) / requests,
  rssMaxAtQuarter,
  rssMax,
};
process.stdout.write(`${JSON.stringify(run)}\n`);
