/**
 * `import` and `compare` as processes on the public traces, where they lie beside the project, and on the embedded
 * one: how long they take, whether the books balance, and whether a second process gives the same bytes.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import type { Comparison } from '../../simulator/result.ts';
import { runTokenpool } from '../cli/run-tokenpool.ts';
import { checkBalance } from '../simulator/replay/witness.ts';
import { atMost, holds, seconds, type Check, type Proof } from './proof.ts';

const TRACES = fileURLToPath(new URL('../../../shared/traces/', import.meta.url));
const POLICIES = 'ranked,weighted,round-robin,lowest-cost';

interface PublicTrace {
  readonly name: string;
  readonly files: readonly string[];
  /** Arguments of `import` before the files. */
  readonly importer: readonly string[];
  /** Requests it must have; null when that is up to chance. */
  readonly requests: number | null;
  readonly secondsMax: number;
}

const PUBLIC: readonly PublicTrace[] = [
  {
    name: 'Azure conversation, 2023',
    files: ['azure-llm-2023/AzureLLMInferenceTrace_conv.csv'],
    importer: ['azure'],
    requests: 19_366,
    secondsMax: 20,
  },
  {
    name: 'Mooncake conversation',
    files: ['mooncake/conversation_trace.jsonl.gz'],
    importer: ['mooncake'],
    requests: 12_031,
    secondsMax: 20,
  },
  {
    // A whole day of one model at a two-hundredth of its rate, which is what the scenario's pool can carry.
    name: 'ServeGen m-small, day 3 at 1/200',
    files: ['servegen/servegen_client_rates.csv.gz', 'servegen/servegen_client_token_stats.csv.gz'],
    importer: ['servegen', '--model', 'm-small', '--day', '3', '--scale', '0.005'],
    requests: null,
    secondsMax: 600,
  },
];

export const traces: Proof = {
  name: 'traces',
  about: `compare ${POLICIES} on public traces`,
  async run(report) {
    const folder = mkdtempSync(join(tmpdir(), 'tokenpool-prove-'));
    try {
      await compareTwice(embeddedTracePath(), 'embedded', 6_000, 20, folder, report);
      for (const { name, files, importer, requests, secondsMax } of PUBLIC) {
        const paths = files.map((file) => join(TRACES, file));
        if (!paths.every((path) => existsSync(path))) {
          report(holds(name, 'not beside the project', 'left out', true));
          continue;
        }
        const out = join(folder, 'trace.parquet');
        const { code, stderr } = await runTokenpool('import', ...importer, ...paths, '--out', out);
        if (code !== 0) report(holds(`${name}: import`, stderr.trim(), 'exit code 0', false));
        else await compareTwice(out, name, requests, secondsMax, folder, report);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function compareTwice(
  trace: string,
  name: string,
  requests: number | null,
  secondsMax: number,
  folder: string,
  report: (check: Check) => void,
): Promise<void> {
  for (const scenario of ['calm-day', 'provider-outage', 'tight-budget']) {
    const title = `${name}, ${scenario}`;
    const run = async (file: string): Promise<{ text: string; ms: number; code: number }> => {
      const out = join(folder, file);
      const args = ['compare', trace, '--scenario', scenario, '--policies', POLICIES, '--seed', '1', '--out', out];
      const startMs = performance.now();
      const { code } = await runTokenpool(...args);
      const ms = performance.now() - startMs;
      return { text: code === 0 ? readFileSync(out, 'utf8') : '', ms, code };
    };
    const one = await run('one.json');
    const two = await run('two.json');
    if (one.code !== 0 || two.code !== 0) {
      report(holds(title, `exit codes ${one.code} and ${two.code}`, '0', false));
      continue;
    }
    const comparison = JSON.parse(one.text) as Comparison;
    report(atMost(`${title}: time, import aside`, one.ms, secondsMax * 1_000, seconds));
    report(balance(title, comparison, requests));
    const same = untimed(one.text) === untimed(two.text);
    report(holds(`${title}: two processes`, same ? 'same bytes' : 'different', 'same bytes, timing aside', same));
  }
}

function balance(title: string, comparison: Comparison, requests: number | null): Check {
  const figure = `${comparison.trace.requests} requests, ${comparison.policies.length} policies`;
  const limit = 'arrivals, shares and money add up';
  try {
    for (const run of comparison.policies) {
      checkBalance(run);
      if (run.inFlight !== 0) throw new Error(`${run.name}: ${run.inFlight} requests in flight at the end`);
      if (run.arrivals !== (requests ?? comparison.trace.requests)) throw new Error(`${run.arrivals} arrivals`);
    }
    return holds(`${title}: balance`, figure, limit, true);
  } catch (error) {
    return holds(`${title}: balance`, error instanceof Error ? error.message : String(error), limit, false);
  }
}

function untimed(json: string): string {
  return json.replaceAll(/"(wallMs|requestsPerSecond)": [\d.e+]+/g, '"$1": 0');
}
