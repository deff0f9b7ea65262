import { Option, type Command } from 'commander';
import { RECORDED_MODES, type RecordedMode } from '../../simulator/counterfactual/settle-from-recording.ts';

/** What `--outcomes` and `--recorded` say. */
export interface OutcomesOptions {
  readonly outcomes?: RecordedMode | 'twin';
  readonly recorded?: string;
}

/** Adds the options that say where outcomes come from. */
export function withOutcomesOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--outcomes <mode>',
        'where outcomes come from: twin; logged (the log where it has them at like load, else the twin); donor (other attempts of the log, else the twin); auto (logged, donor, twin). Default: auto with a log, else twin',
      ).choices([...RECORDED_MODES, 'twin']),
    )
    .option(
      '--recorded <log>',
      'decision log (DuckDB file or folder) to take outcomes from; default: a log as the trace',
    );
}

/** The options as they were given, to be written after a command. */
export function outcomesText({ outcomes, recorded }: OutcomesOptions): string {
  return `${outcomes === undefined ? '' : ` --outcomes ${outcomes}`}${recorded === undefined ? '' : ` --recorded ${recorded}`}`;
}
