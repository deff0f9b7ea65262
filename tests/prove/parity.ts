/** `simulate --log` and `verify` as processes: fifty thousand requests, every decision recomputed bit for bit. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyRun } from '../../simulator/result.ts';
import type { ParityResult } from '../../src/log/parity.ts';
import { runTokenpool } from '../cli/run-tokenpool.ts';
import { holds, seconds, type Check, type Proof } from './proof.ts';

const REQUESTS = 50_000;
const EXPLORATION = 'explorationRate: 0.1\n';
/** Parts of the pool of agent-routes that users name in their instructions. */
const STEER_TO = 'aurora,prism.prism-pro,borealis.main,drift';

export const parity: Proof = {
  name: 'parity',
  about: `logs of ${REQUESTS} simulated requests, recomputed`,
  async run(report) {
    const folder = mkdtempSync(join(tmpdir(), 'tokenpool-prove-'));
    const path = (name: string): string => join(folder, name);
    try {
      await tokenpool(
        'generate',
        '--profile',
        'lab',
        '--requests',
        `${REQUESTS}`,
        '--hours',
        '3',
        '--out',
        path('t.parquet'),
      );
      for (const mode of ['ranked', 'weighted', 'power-of-two']) {
        writeFileSync(path(`${mode}.yaml`), `mode: ${mode}\n${EXPLORATION}`);
        for (const scenario of ['provider-outage', 'tight-budget']) {
          report(await verified(path, mode, scenario));
        }
      }
      const steered = ['--profile', 'coding', '--steer-to', STEER_TO, '--steer-share', '0.2'];
      await tokenpool('generate', ...steered, '--requests', `${REQUESTS}`, '--hours', '3', '--out', path('t.parquet'));
      for (const stick of ['none', 'key']) {
        writeFileSync(path(`stick-${stick}.yaml`), `mode: weighted\n${EXPLORATION}affinity: { stick: ${stick} }\n`);
        report(await verified(path, `stick-${stick}`, 'agent-routes'));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function verified(path: (name: string) => string, mode: string, scenario: string): Promise<Check> {
  const log = path('run.duckdb');
  const policy = path(`${mode}.yaml`);
  const choice = ['--scenario', scenario, '--policy', policy];
  const simulated = await tokenpool('simulate', path('t.parquet'), ...choice, '--log', log, '--json');
  const run = JSON.parse(simulated.stdout) as PolicyRun;
  const { stdout, ms } = await tokenpool('verify', log, '--json');
  const { decisions, identical, firstDifference } = JSON.parse(stdout) as ParityResult;
  const isEventful = run.exploredRatio > 0.01 && run.requestsByAttempts.slice(2).some((count) => count > 0);
  return holds(
    `${mode}, ${scenario}`,
    `${identical} of ${decisions} decisions (log ${seconds(simulated.ms)}, verify ${seconds(ms)})`,
    'all identical, with exploration and retries',
    run.arrivals === REQUESTS && isEventful && firstDifference === null && identical === decisions,
  );
}

/** @throws Error when the command does not end with 0 or, as `verify` may, with 1 */
async function tokenpool(...args: readonly string[]): Promise<{ readonly stdout: string; readonly ms: number }> {
  const startMs = performance.now();
  const { code, stdout, stderr } = await runTokenpool(...args);
  if (code > 1) throw new Error(`tokenpool ${args.join(' ')}: exit code ${code}: ${stderr}`);
  return { stdout, ms: performance.now() - startMs };
}
