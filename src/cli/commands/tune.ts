import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { checkOutputPath } from '../../../datasets/partial-file.ts';
import { SearchInterrupted } from '../../../simulator/tune/policy-replay.ts';
import { REPLAYS_MIN } from '../../../simulator/tune/search-plan.ts';
import { BadInput } from '../../config/bad-input.ts';
import { parseDuration } from '../../config/duration.ts';
import { loadPolicy } from '../../config/load-policy.ts';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../config/load-scenario.ts';
import { OBJECTIVE_METRICS } from '../../config/objective.ts';
import { parseObjective } from '../../config/objective-text.ts';
import { knobsNamed } from '../../config/policy-knobs.ts';
import { CheckFailed } from '../check-failed.ts';
import { numberOption } from '../number-option.ts';
import { outcomesText, withOutcomesOptions, type OutcomesOptions } from '../outcomes-option.ts';
import { printJson } from '../print-json.ts';
import { withReplayedInput } from '../replayed-input.ts';
import { seedOption } from '../seed-option.ts';
import { takeStopSignal } from '../stop-signal.ts';
import { evidenceOf, writeCandidate } from '../tune/candidate-file.ts';
import { runTuning } from '../tune/run-tuning.ts';
import { tuningText } from '../tune/tuning-text.ts';
import { writeJsonFile } from '../write-json-file.ts';

interface TuneOptions extends OutcomesOptions {
  readonly scenario?: string;
  readonly twins?: string;
  readonly policy: string;
  readonly minimize?: string;
  readonly subjectTo?: string;
  readonly utility?: string;
  readonly knobs?: string;
  readonly replays?: number;
  readonly time?: string;
  readonly holdout: number;
  readonly variants: 'none' | 'faults';
  readonly workers: number;
  readonly seed: number;
  readonly out: string;
  readonly keep?: boolean;
  readonly result?: string;
  readonly trials?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** `tune TRACE|LOG`: a search for a better policy, which says so when there is none. */
export function tuneCommand(): Command {
  const command = new Command('tune')
    .description(
      'search for a better policy on a trace or a log, judge it on a later part that the search never saw, and write it with its evidence; ends with 1 when none is better',
    )
    .argument('<trace>', 'canonical trace (Parquet), or a decision log')
    .option('--scenario <name>', `${BUILT_IN_SCENARIOS.join(', ')}, or a scenario file`)
    .option('--twins <file>', 'scenario that `calibrate` has written; another word for --scenario')
    .option('--policy <name>', 'the incumbent: a built-in name or a policy file', 'ranked')
    .option('--minimize <metric>', `what to bring down (default: cost): ${OBJECTIVE_METRICS.join(', ')}`)
    .option('--subject-to <limits>', 'what has to hold, e.g. "p95_first_token_ms<=1500, success>=0.995"')
    .option('--utility <worths>', 'in place of --minimize: worth of one unit of each metric, e.g. "cost=-1"')
    .option('--knobs <paths>', 'fields of the policy to tune, separated by commas (default: the usual ones)')
    .addOption(
      numberOption('--replays <n>', 'passes over the train part (default: by its length)', {
        min: REPLAYS_MIN,
        integer: true,
      }),
    )
    .option('--time <duration>', 'search no longer than this, e.g. 10m; the result then depends on the machine')
    .addOption(
      numberOption('--holdout <share>', 'share of the requests held back', { min: 0.1, max: 0.5 }).default(0.3),
    )
    .addOption(
      new Option('--variants <set>', 'faults: outages and storms of 429 count a little too')
        .choices(['none', 'faults'])
        .default('faults'),
    )
    .addOption(
      numberOption('--workers <n>', 'threads', { min: 1, max: 256, integer: true }).default(availableParallelism()),
    )
    .addOption(seedOption())
    .option('--out <file>', 'the candidate, if it is better', 'candidate.policy.yaml')
    .option('--keep', 'write the candidate even if it is not better, marked so')
    .option('--result <file>', 'write the whole result as JSON, for `report`')
    .option('--trials <file>', 'what was replayed, as DuckDB (default: beside --out)')
    .option('--resume', 'go on with the trials in that file')
    .option('--json', 'print the result as JSON');
  return withOutcomesOptions(command).action(tuneAction);
}

async function tuneAction(path: string, options: TuneOptions): Promise<void> {
  const scenarioName = scenarioOf(options);
  const objective = parseObjective(options);
  const knobs = options.knobs === undefined ? null : knobList(options.knobs);
  const timeMs = options.time === undefined ? null : positiveTime(options.time);
  const incumbent = loadPolicy(options.policy);
  const scenario = loadScenario(scenarioName);
  checkOutputPath(options.out, 'policy');
  if (options.result !== undefined) checkOutputPath(options.result, 'result');
  const trialsPath = options.trials ?? `${options.out.replace(/(\.policy)?\.(ya?ml|json)$/i, '')}.trials.duckdb`;
  checkOutputPath(trialsPath, 'log');
  const stop = takeStopSignal();
  try {
    await withReplayedInput(path, options, scenario.scenario, async ({ trace, outcomes }) => {
      const { seed, variants, workers } = options;
      const result = await runTuning({
        trace,
        outcomes,
        scenario,
        incumbent,
        objective,
        seed,
        holdoutShare: options.holdout,
        variants,
        knobs,
        replays: options.replays ?? null,
        timeMs,
        workers,
        trialsPath,
        isResumed: options.resume === true,
        command: commandText(path, scenarioName, options),
        signal: stop.signal,
      });
      const isJudged = result.candidate !== null && !result.isPartial && result.predicted.holdout.length > 0;
      const isWritten = isJudged && (result.verdict === 'better' || options.keep === true);
      if (isWritten) {
        const evidence = evidenceOf(result, scenario.scenario.pool, Date.now());
        await writeCandidate(options.out, result, evidence);
      }
      if (options.result !== undefined) await writeJsonFile(options.result, result);
      if (options.json === true) printJson(result);
      else process.stdout.write(`${tuningText(result)}\n${isWritten ? `Written to ${options.out}\n` : ''}`);
      if (result.verdict !== 'better') throw new CheckFailed(answerNo(result.isPartial, trialsPath));
    });
  } catch (error) {
    if (!(error instanceof SearchInterrupted)) throw error;
    throw new CheckFailed(
      `interrupted before anything was known${existsSync(trialsPath) ? `; what was replayed is in ${trialsPath}, and --resume goes on from there` : ''}`,
    );
  } finally {
    stop.release();
  }
}

function answerNo(isPartial: boolean, trialsPath: string): string {
  return isPartial
    ? `interrupted; what was replayed is in ${trialsPath}, and --resume goes on from there`
    : 'no better policy was found';
}

function scenarioOf({ scenario, twins }: TuneOptions): string {
  if (scenario !== undefined && twins !== undefined) {
    throw new BadInput('--scenario and --twins both name the scenario; leave one of them out');
  }
  const name = scenario ?? twins;
  if (name === undefined) throw new BadInput('name a scenario with --scenario, or one that was fitted with --twins');
  return name;
}

function knobList(text: string): readonly string[] {
  const paths = text.split(',').map((path) => path.trim());
  return knobsNamed(paths).map(({ path }) => path);
}

function positiveTime(text: string): number {
  const timeMs = parseDuration(text);
  if (timeMs > 0) return timeMs;
  throw new BadInput(`--time ${text}: has to be more than nothing`);
}

/** What was given, in the order of `--help`. */
function commandText(path: string, scenario: string, options: TuneOptions): string {
  const given = (name: string, value: string | number | undefined): string =>
    value === undefined ? '' : ` --${name} ${/[\s<>="]/.test(String(value)) ? JSON.stringify(value) : value}`;
  return [
    `tokenpool tune ${path}`,
    given('scenario', scenario),
    given('policy', options.policy),
    given('minimize', options.minimize),
    given('subject-to', options.subjectTo),
    given('utility', options.utility),
    given('knobs', options.knobs),
    given('replays', options.replays),
    given('time', options.time),
    given('holdout', options.holdout),
    given('variants', options.variants),
    given('seed', options.seed),
    outcomesText(options),
  ].join('');
}
