/** The served proxy under an hour's worth of traffic: its memory is flat, and its log whole. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openLog } from '../../src/log/log-reader.ts';
import { verifyLog } from '../../src/log/parity.ts';
import { nodeLaunch, startLoad, startProcess } from '../bench/gateway/bench-process.ts';
import { ALL_TARGETS, startTokenPool } from '../bench/gateway/gateways.ts';
import { atMost, holds, mebibytes, seconds, type Proof } from './proof.ts';

/** Each rotation of the log makes a tooth of memory: enough of them that a trend would show. */
const REQUESTS = 1_200_000;
const BODY_BYTES = 1_024;
const CONNECTIONS = 64;
/** One order to the load generator; between two, memory is looked at. */
const WINDOW_MS = 5_000;
/** The part that fills what grows to its bound: pools, buffers, compiled code, the spool that waits for the database. */
const WARM_UP_SHARE = 0.4;
const GROWTH_MAX_BYTES = 96 * 2 ** 20;
const PAGE_BYTES = 4_096;

const bench = (name: string): string => fileURLToPath(new URL(`../bench/gateway/${name}`, import.meta.url));

export const liveSoak: Proof = {
  name: 'live-soak',
  about: `${REQUESTS} requests through the live proxy, memory and log`,
  async run(report) {
    const folder = await mkdtemp(join(tmpdir(), 'tokenpool-soak-'));
    const upstream = (await startProcess(nodeLaunch(bench('upstream.ts'), [], null))).started;
    const { port: upstreamPort, acknowledgePort } = upstream.said as {
      readonly port: number;
      readonly acknowledgePort: number;
    };
    const proxy = await startTokenPool(upstreamPort, folder, null);
    const load = await startLoad(bench('load.ts'), null);
    const memory: { readonly done: number; readonly bytes: number }[] = [];
    let done = 0;
    let failures = 0;
    const startMs = performance.now();
    try {
      while (done < REQUESTS) {
        const result = await load.run<'saturate'>({
          kind: 'saturate',
          port: proxy.port,
          pid: proxy.process.pid,
          model: ALL_TARGETS,
          bodyBytes: BODY_BYTES,
          connections: CONNECTIONS,
          warmMs: 0,
          windowMs: WINDOW_MS,
          stream: null,
          acknowledgePort,
        });
        done += result.countInAll;
        failures += result.failures;
        memory.push({ done, bytes: await residentBytes(proxy.process.pid) });
        process.stdout.write(`        ${done} answered, ${mebibytes(memory.at(-1)!.bytes)}\n`);
      }
      // The database takes in what it put off.
      await sleep(2_000);
    } finally {
      await load.process.stop();
      await proxy.process.stop();
      await upstream.stop();
    }
    const warm = Math.max(...memory.filter((look) => look.done <= WARM_UP_SHARE * REQUESTS).map((look) => look.bytes));
    const most = Math.max(...memory.map((look) => look.bytes));
    report(holds('answers', `${done} in ${seconds(performance.now() - startMs)}`, `>= ${REQUESTS}`, done >= REQUESTS));
    report(atMost('failed', failures, 0, String));
    report(atMost('memory grown after the first two fifths', most - warm, GROWTH_MAX_BYTES, mebibytes));
    try {
      await checkLog(join(folder, 'log'), done, report);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function checkLog(path: string, answers: number, report: Parameters<Proof['run']>[0]): Promise<void> {
  const log = await openLog(path);
  try {
    const [decisions, outcomes] = [await log.count('decisions'), await log.count('outcomes')];
    const isWhole = decisions >= answers && outcomes >= answers;
    report(holds('rows in the log', `${decisions} decisions, ${outcomes} outcomes`, `>= ${answers} each`, isWhole));
    const parity = await verifyLog(log);
    const isSame = parity.firstDifference === null && parity.identical === parity.decisions;
    report(holds('parity', `${parity.identical} of ${parity.decisions} decisions`, 'all identical', isSame));
  } finally {
    log.close();
  }
}

/** Resident memory of a process, bytes (Linux). */
async function residentBytes(pid: number): Promise<number> {
  const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1];
  return Number(pages) * PAGE_BYTES;
}
