import { Command, InvalidArgumentError, Option } from 'commander';
import {
  ASSUMED_CHAT,
  importAzure,
  importCsv,
  importLiteLlm,
  importMooncake,
  importServeGen,
  importTokenPool,
  importTrace,
  TIME_UNITS,
  type AssumedRequest,
  type Importer,
  type TimeUnit,
} from '../../../datasets/importers/index.ts';
import { importSummaryText } from '../import-summary-text.ts';
import { numberOption } from '../number-option.ts';
import { printJson } from '../print-json.ts';
import { printNotes } from '../print-notes.ts';

interface OutputOptions {
  readonly out: string;
  readonly skipBadRows?: boolean;
  readonly json?: boolean;
}

interface AssumedOptions {
  readonly requestModel: string;
  readonly protocol: string;
  readonly stream: boolean;
}

/** `import SOURCE FILES --out FILE`: recorded traffic of several kinds as a canonical trace. */
export function importCommand(): Command {
  return new Command('import')
    .description('turn recorded traffic into a canonical trace (Parquet)')
    .addCommand(azureCommand())
    .addCommand(mooncakeCommand())
    .addCommand(serveGenCommand())
    .addCommand(liteLlmCommand())
    .addCommand(csvCommand())
    .addCommand(tokenPoolCommand());
}

function azureCommand(): Command {
  return withAssumed(sourceCommand('azure', 'Azure LLM inference traces (CSV)'))
    .addOption(clientKeyOption('azure'))
    .action((files: string[], options: OutputOptions & AssumedOptions & { clientKey: string }) =>
      run(files, options, importAzure, { ...assumed(options), clientKey: options.clientKey }, true),
    );
}

function mooncakeCommand(): Command {
  return withAssumed(sourceCommand('mooncake', 'Mooncake traces (JSON lines); requests are spread over their 3 s bins'))
    .addOption(clientKeyOption('mooncake'))
    .addOption(seedOption())
    .action((files: string[], options: OutputOptions & AssumedOptions & { clientKey: string; seed: number }) =>
      run(
        files,
        options,
        importMooncake,
        { ...assumed(options), clientKey: options.clientKey, seed: options.seed },
        false,
      ),
    );
}

interface ServeGenCommandOptions extends OutputOptions, AssumedOptions {
  readonly model: string;
  readonly day: number;
  readonly start: number;
  readonly hours: number;
  readonly scale: number;
  readonly clientLimit?: number;
  readonly seed: number;
}

function serveGenCommand(): Command {
  return withAssumed(sourceCommand('servegen', 'ServeGen client rates and token statistics (two CSV files)'))
    .requiredOption('--model <name>', "the data set's model, for example m-small")
    .addOption(numberOption('--day <n>', 'day of the data, from 0', { min: 0, integer: true }).default(0))
    .addOption(numberOption('--start <hour>', 'hour of that day at which to begin', { min: 0 }).default(0))
    .addOption(numberOption('--hours <h>', 'length of the part to take', { above: 0 }).default(24))
    .addOption(numberOption('--scale <factor>', "multiplies every client's rate", { above: 0 }).default(1))
    .addOption(numberOption('--client-limit <n>', 'only the busiest clients', { min: 1, integer: true }))
    .addOption(seedOption())
    .action((files: string[], options: ServeGenCommandOptions) => {
      const selection = {
        serveGenModel: options.model,
        startSeconds: options.day * 86_400 + options.start * 3_600,
        hours: options.hours,
        scale: options.scale,
        clientLimit: options.clientLimit ?? null,
        seed: options.seed,
      };
      return run(files, options, importServeGen, { ...assumed(options), ...selection }, false);
    });
}

function liteLlmCommand(): Command {
  return withAssumed(sourceCommand('litellm', 'spend logs of a LiteLLM proxy (JSON lines, JSON array or CSV)'))
    .addOption(clientKeyOption('litellm'))
    .action((files: string[], options: OutputOptions & AssumedOptions & { clientKey: string }) =>
      run(files, options, importLiteLlm, { ...assumed(options), clientKey: options.clientKey }, true),
    );
}

interface CsvCommandOptions extends OutputOptions, AssumedOptions {
  readonly clientKey: string;
  readonly map: Readonly<Record<string, string>>;
  readonly timeUnit: TimeUnit;
}

function csvCommand(): Command {
  return withAssumed(sourceCommand('csv', 'any CSV with a header'))
    .addOption(clientKeyOption(ASSUMED_CHAT.clientKey))
    .option('--map <pairs>', 'canonical=column pairs, for example arrival_ms=ts,input_tokens=prompt', parseMap, {})
    .addOption(new Option('--time-unit <unit>', 'unit of the arrival column').choices(TIME_UNITS).default('ms'))
    .action((files: string[], options: CsvCommandOptions) => {
      const { clientKey, map, timeUnit } = options;
      return run(files, options, importCsv, { ...assumed(options), clientKey, map, timeUnit }, true);
    });
}

function tokenPoolCommand(): Command {
  return sourceCommand(
    'tokenpool',
    'decision logs of Token Pool, live or simulated',
    'logs to read, each the file of a run (DuckDB) or the folder of a live log',
  ).action((files: string[], options: OutputOptions) =>
    run(files, options, importTokenPool, { onNote: (note) => printNotes([note]) }, true),
  );
}

function sourceCommand(
  name: string,
  description: string,
  files = 'files to read; gzip is unpacked on the way',
): Command {
  return new Command(name)
    .description(description)
    .argument('<files...>', files)
    .requiredOption('--out <file>', 'trace to write (Parquet)')
    .option('--skip-bad-rows', 'leave rows out that cannot be read, and list them in OUT.rejects.jsonl')
    .option('--json', 'print the summary as JSON');
}

function withAssumed(command: Command): Command {
  return command
    .option('--request-model <name>', 'model that the requests ask for', ASSUMED_CHAT.model)
    .option('--protocol <name>', "the clients' wire protocol", ASSUMED_CHAT.protocol)
    .option('--no-stream', 'take the answers to be sent whole');
}

function clientKeyOption(name: string): Option {
  return new Option('--client-key <name>', 'client key of the requests').default(name);
}

function seedOption(): Option {
  return numberOption('--seed <n>', 'base of the random draws', { min: 0, integer: true }).default(1);
}

function assumed(options: AssumedOptions): Omit<AssumedRequest, 'clientKey'> {
  return { model: options.requestModel, protocol: options.protocol, stream: options.stream };
}

function parseMap(text: string, earlier: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1 || at === pair.length - 1) throw new InvalidArgumentError(`"${pair}" is no canonical=column pair.`);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
  return { ...earlier, ...Object.fromEntries(pairs) };
}

async function run<Options>(
  files: readonly string[],
  output: OutputOptions,
  importer: Importer<Options>,
  options: Options,
  rebase: boolean,
): Promise<void> {
  const summary = await importTrace((rejects) => importer(files, options, rejects), {
    out: output.out,
    skipBadRows: output.skipBadRows ?? false,
    rebase,
  });
  if (output.json === true) printJson(summary);
  else process.stdout.write(importSummaryText(summary));
}
