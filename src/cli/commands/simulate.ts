import { Command } from 'commander';
import { checkOutputPath } from '../../../datasets/partial-file.ts';
import { collectorShape } from '../../../simulator/compare/compare.ts';
import { policyRun } from '../../../simulator/compare/policy-run.ts';
import { RunCollector } from '../../../simulator/compare/run-collector.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import { loadPolicy } from '../../config/load-policy.ts';
import { loadScenario } from '../../config/load-scenario.ts';
import { createLogWriter } from '../../log/log-writer.ts';
import { CORE_VERSION } from '../../router/router.ts';
import { printJson } from '../print-json.ts';
import { progressBar } from '../progress-bar.ts';
import { readSeed, readTrace } from '../read-inputs.ts';
import { runText } from '../comparison-text.ts';

interface SimulateOptions {
  readonly scenario: string;
  readonly policy: string;
  readonly seed: string;
  readonly log?: string;
  readonly json?: boolean;
}

/** `simulate TRACE`: one policy over one trace; with `--log`, every decision goes into a log. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('replay a trace through one policy; --log keeps every decision, as the live proxy would')
    .argument('<trace>', 'canonical trace (Parquet)')
    .requiredOption('--scenario <name>', 'calm-day, provider-outage, tight-budget, or a scenario file')
    .option('--policy <name>', 'built-in name or policy file', 'ranked')
    .option('--seed <number>', 'base of all draws', '1')
    .option('--log <file>', 'write a decision log (DuckDB)')
    .option('--json', 'print the figures as JSON')
    .action(simulate);
}

async function simulate(path: string, options: SimulateOptions): Promise<void> {
  const seed = readSeed(options.seed);
  const { name, policy, hash } = loadPolicy(options.policy);
  const { scenario } = loadScenario(options.scenario);
  if (options.log !== undefined) checkOutputPath(options.log);
  const trace = await readTrace(path);
  const log = options.log === undefined ? null : await createLogWriter(options.log, { coreVersion: CORE_VERSION });
  const bar = progressBar(`simulate ${name}`, trace.requests);
  try {
    log?.policy({ hash, body: JSON.stringify(policy), parent: null, stage: 'active', since: 0, evidence: null });
    const run = new RunCollector(collectorShape(trace, scenario));
    const totals = await replay(trace, {
      scenario,
      policy,
      policyName: name,
      policyHash: hash,
      seed,
      observer: run,
      recorder: log ?? undefined,
      onProgress: (rows) => bar.update(rows),
    });
    run.finish(totals.router);
    await log?.close();
    const result = policyRun({ name, policyHash: hash }, run, totals.router, totals.inFlight);
    if (options.json === true) {
      printJson({
        trace: { sha256: trace.sha256, requests: trace.requests, spanMs: trace.spanMs },
        scenario: scenario.name,
        seed,
        ...result,
      });
    } else {
      process.stdout.write(`${runText(result)}\n${options.log === undefined ? '' : `log: ${options.log}\n`}`);
    }
  } catch (error) {
    await log?.abandon();
    throw error;
  } finally {
    bar.stop();
  }
}
