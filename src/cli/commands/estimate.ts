import { open } from 'node:fs/promises';
import { Command } from 'commander';
import { checkOutputPath } from '../../../datasets/partial-file.ts';
import { estimateLog } from '../../../simulator/estimate/estimate-log.ts';
import type { PolicyEstimate } from '../../../simulator/estimate/policy-estimate.ts';
import { ESTIMATED_METRICS, type EstimatedMetric } from '../../../simulator/estimate/request-metrics.ts';
import { BadInput } from '../../config/bad-input.ts';
import { loadPolicy, type NamedPolicy } from '../../config/load-policy.ts';
import { openLog, type LogReader } from '../../log/log-reader.ts';
import { CheckFailed } from '../check-failed.ts';
import { estimateText } from '../estimate-text.ts';
import { printJson } from '../print-json.ts';
import { progressBar } from '../progress-bar.ts';
import { seedOption } from '../seed-option.ts';
import { writeJsonFile } from '../write-json-file.ts';

interface EstimateOptions {
  readonly policy: string;
  readonly metric?: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** `estimate LOG`: what another policy would have got, from what the log's policy left to chance. */
export function estimateCommand(): Command {
  return new Command('estimate')
    .description(
      'what another policy would have got, from the share of the log that was left to chance; exit 1 when that is too little',
    )
    .argument('<log>', 'decision log: the file of a run, or the folder of a live log')
    .requiredOption('--policy <name>', 'the other policy: built-in name or policy file')
    .option('--metric <list>', `separated by commas: ${ESTIMATED_METRICS.join(', ')} (default: all)`)
    .addOption(seedOption())
    .option('--out <file>', 'write the result as JSON, for `report`')
    .option('--json', 'print the result as JSON')
    .action(estimate);
}

async function estimate(path: string, options: EstimateOptions): Promise<void> {
  const policy = loadPolicy(options.policy);
  const metrics = metricsOf(options.metric);
  if (options.out !== undefined) checkOutputPath(options.out, 'result');
  if (await isParquet(path)) throw new BadInput(`${path}: ${TRACE_TROUBLE}`);
  const reader = await openLog(path);
  try {
    const result = await estimateWithProgress(reader, policy, metrics, options.seed);
    if (options.out !== undefined) await writeJsonFile(options.out, result);
    if (options.json === true) printJson(result);
    else process.stdout.write(`${estimateText(result)}\n`);
    if (!result.identifiable) throw new CheckFailed(`${path}: not identifiable: ${result.reason}`);
  } finally {
    reader.close();
  }
}

async function estimateWithProgress(
  reader: LogReader,
  { policy, name, hash }: NamedPolicy,
  metrics: readonly EstimatedMetric[],
  seed: number,
): Promise<PolicyEstimate> {
  const bar = progressBar('estimate', Math.max(1, await reader.count('inputs')));
  try {
    return await estimateLog(reader, {
      policy,
      policyName: name,
      policyHash: hash,
      metrics,
      seed,
      onInput: (done) => {
        if (done % 1000 === 0) bar.update(done);
      },
    });
  } finally {
    bar.stop();
  }
}

function metricsOf(list: string | undefined): readonly EstimatedMetric[] {
  if (list === undefined) return ESTIMATED_METRICS;
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !ESTIMATED_METRICS.some((metric) => metric === name));
  if (unknown !== undefined) {
    throw new BadInput(`--metric: "${unknown}" cannot be estimated; there are ${ESTIMATED_METRICS.join(', ')}`);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new BadInput(`--metric: "${twice}" stands twice; name each metric once`);
  return ESTIMATED_METRICS.filter((metric) => names.includes(metric));
}

const TRACE_TROUBLE =
  'is a Parquet file, such as a trace: that has the target and the propensity of each request, but not the candidates and the state that a policy decides on, so what another policy would have chosen cannot be worked out; name the decision log itself (the file or folder that the trace was imported from)';

const PARQUET_MARK = 'PAR1';

async function isParquet(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (file === null) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PARQUET_MARK.length), 0, PARQUET_MARK.length, 0);
    return bytesRead === PARQUET_MARK.length && buffer.toString('latin1') === PARQUET_MARK;
  } catch {
    // A folder, which is a live log.
    return false;
  } finally {
    await file.close();
  }
}
