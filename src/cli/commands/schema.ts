import { Argument, Command } from 'commander';
import { FILE_KINDS, jsonSchemaOf, type FileKind } from '../../config/json-schema.ts';
import { printJson } from '../print-json.ts';

/** `tokenpool schema KIND`: the JSON Schema of a file that a user writes. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of a file, for editors that check and complete YAML')
    .addArgument(new Argument('<kind>', 'which file').choices(FILE_KINDS))
    .option('--json', 'taken for the sake of uniformity: the output is JSON in any case')
    .action((kind: FileKind) => printJson(jsonSchemaOf(kind)));
}
