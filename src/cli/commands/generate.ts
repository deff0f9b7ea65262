import { Command, Option } from 'commander';
import { BadInput } from '../../config/bad-input.ts';
import { readYamlFile, validateFile } from '../../config/yaml-file.ts';
import { GAP_FAMILIES, type GapFamily } from '../../../datasets/distributions/gaps.ts';
import {
  checkSettings,
  GENERATOR_PROFILE_NAMES,
  GENERATOR_PROFILES,
  generateTrace,
  generatorSchema,
  type GeneratorInput,
  type GeneratorProfileName,
} from '../../../datasets/generator/index.ts';
import { openTrace, writeTrace } from '../../../datasets/index.ts';
import { numberOption } from '../number-option.ts';
import { printJson } from '../print-json.ts';
import { progressBar } from '../progress-bar.ts';

interface GenerateOptions {
  readonly out: string;
  readonly settings?: string;
  readonly profile?: GeneratorProfileName;
  readonly requests?: number;
  readonly hours?: number;
  readonly seed?: number;
  readonly startHour?: number;
  readonly gaps?: GapFamily;
  readonly cv?: number;
  readonly peakHour?: number;
  readonly dayAmplitude?: number;
  readonly burstsPerHour?: number;
  readonly burstSeconds?: number;
  readonly burstFactor?: number;
  readonly zipf?: number;
  readonly steerTo?: readonly string[];
  readonly steerShare?: number;
  readonly json?: boolean;
}

const DEFAULTS = { profile: 'mixed', requests: 10_000, hours: 1, seed: 1 } as const;
const WAVE = { kind: 'wave', peakHour: 14, amplitude: 0.6 } as const;
const STEER_SHARE = 0.05;
const BURSTS = { perHour: 2, meanSeconds: 120, factor: 3 } as const;

/** `generate --out FILE`: a synthetic trace. */
export function generateCommand(): Command {
  const { profile, requests, hours, seed } = DEFAULTS;
  return new Command('generate')
    .description('make a synthetic trace: bursts and days, sessions with growing prompts, heavy-tailed lengths')
    .requiredOption('--out <file>', 'trace to write (Parquet)')
    .addOption(new Option('--profile <name>', `kind of traffic (default: ${profile})`).choices(GENERATOR_PROFILE_NAMES))
    .option('--settings <file>', 'all settings as YAML or JSON, in place of a profile')
    .addOption(numberOption('--requests <n>', `number of requests (default: ${requests})`, { min: 1, integer: true }))
    .addOption(numberOption('--hours <h>', `time in which they arrive (default: ${hours})`, { above: 0 }))
    .addOption(numberOption('--seed <n>', `base of the random draws (default: ${seed})`, { min: 0, integer: true }))
    .addOption(numberOption('--start-hour <hour>', 'hour of the day at which the trace starts', { min: 0 }))
    .addOption(new Option('--gaps <family>', 'distribution of the time between arrivals').choices(GAP_FAMILIES))
    .addOption(numberOption('--cv <ratio>', 'its coefficient of variation; 1 is Poisson', { above: 0 }))
    .addOption(numberOption('--peak-hour <hour>', 'busiest hour of the day', { min: 0 }))
    .addOption(numberOption('--day-amplitude <ratio>', 'swing of the day; 0 is flat', { min: 0 }))
    .addOption(numberOption('--bursts-per-hour <n>', 'how often the rate jumps; 0 is never', { min: 0 }))
    .addOption(numberOption('--burst-seconds <s>', 'mean length of a burst', { above: 0 }))
    .addOption(numberOption('--burst-factor <factor>', 'what the rate is multiplied by in a burst', { above: 0 }))
    .addOption(numberOption('--zipf <exponent>', 'how unequal the clients are; 0 is equal', { min: 0 }))
    .option(
      '--steer-to <list>',
      "addresses in your pool that users' instructions name, such as aurora.large",
      parseList,
    )
    .addOption(
      numberOption('--steer-share <ratio>', `share of the sessions with instructions (default: ${STEER_SHARE})`, {
        min: 0,
      }),
    )
    .option('--json', 'print the summary as JSON')
    .action(generate);
}

async function generate(options: GenerateOptions): Promise<void> {
  const trace = generateTrace(withFlags(baseSettings(options), options));
  const bar = progressBar('generate', trace.requests);
  try {
    await writeTrace(options.out, trace.batches(), { onProgress: (rows) => bar.update(rows) });
  } finally {
    bar.stop();
  }
  const written = await openTrace(options.out);
  const { requests, spanMs, sha256 } = written;
  if (options.json === true) printJson({ out: options.out, requests, spanMs, sha256, settingsSha256: trace.sha256 });
  else {
    const minutes = (spanMs / 60_000).toFixed(1);
    process.stdout.write(`${options.out}: ${requests} requests over ${minutes} min, sha256 ${sha256.slice(0, 12)}\n`);
  }
}

function baseSettings(options: GenerateOptions): GeneratorInput {
  if (options.settings === undefined) {
    return { ...GENERATOR_PROFILES[options.profile ?? DEFAULTS.profile], ...DEFAULTS_OF_RUN };
  }
  if (options.profile !== undefined) throw new BadInput('--settings and --profile exclude each other; name one');
  return validateFile(readYamlFile(options.settings), generatorSchema);
}

const DEFAULTS_OF_RUN = { requests: DEFAULTS.requests, hours: DEFAULTS.hours, seed: DEFAULTS.seed } as const;

/** Flags win over the profile or the file. */
function withFlags(base: GeneratorInput, options: GenerateOptions): GeneratorInput {
  return checkSettings(
    {
      ...base,
      requests: options.requests ?? base.requests,
      hours: options.hours ?? base.hours,
      seed: options.seed ?? base.seed,
      startHour: options.startHour ?? base.startHour,
      gaps: { family: options.gaps ?? base.gaps.family, cv: options.cv ?? base.gaps.cv },
      day: dayOf(base, options),
      bursts: burstsOf(base, options),
      zipfExponent: options.zipf ?? base.zipfExponent,
      instructions: instructionsOf(base, options),
    },
    'generate',
  );
}

function dayOf(base: GeneratorInput, { peakHour, dayAmplitude }: GenerateOptions): GeneratorInput['day'] {
  if (peakHour === undefined && dayAmplitude === undefined) return base.day;
  const wave = base.day.kind === 'wave' ? base.day : WAVE;
  return { kind: 'wave', peakHour: peakHour ?? wave.peakHour, amplitude: dayAmplitude ?? wave.amplitude };
}

function instructionsOf(base: GeneratorInput, options: GenerateOptions): GeneratorInput['instructions'] {
  const steerTo = options.steerTo ?? base.instructions?.steerTo;
  if (steerTo === undefined) {
    if (options.steerShare === undefined) return undefined;
    throw new BadInput('--steer-share: there is nothing to steer to; name addresses in your pool with --steer-to');
  }
  return { steerTo: [...steerTo], sessionShare: options.steerShare ?? base.instructions?.sessionShare ?? STEER_SHARE };
}

function parseList(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

function burstsOf(base: GeneratorInput, options: GenerateOptions): GeneratorInput['bursts'] {
  const { burstsPerHour, burstSeconds, burstFactor } = options;
  if (burstsPerHour === 0) return null;
  if (burstsPerHour === undefined && burstSeconds === undefined && burstFactor === undefined) return base.bursts;
  const bursts = base.bursts ?? BURSTS;
  return {
    perHour: burstsPerHour ?? bursts.perHour,
    meanSeconds: burstSeconds ?? bursts.meanSeconds,
    factor: burstFactor ?? bursts.factor,
  };
}
