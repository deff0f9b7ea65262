import { BadInput } from '../../src/config/bad-input.ts';
import { lognormalFromMeanAndP95, type TokenLengths } from '../distributions/token-lengths.ts';
import { readCsvRecords } from './csv-records.ts';
import { quote, readNumber } from './fields.ts';
import type { Rejects } from './rejects.ts';

/** Length of the windows of the rate file, s. */
export const WINDOW_SECONDS = 600;

/** How a client called in one window. */
export interface RateWindow {
  readonly model: string;
  readonly client: number;
  readonly startSeconds: number;
  readonly ratePerSecond: number;
  readonly family: 'Gamma' | 'Weibull';
  /** Shape and scale of the fitted time between arrivals. */
  readonly shape: number;
  readonly scaleSeconds: number;
}

/** How long a client's prompts and answers were in one window. */
export interface TokenWindow {
  readonly client: number;
  readonly startSeconds: number;
  readonly input: TokenLengths;
  readonly output: TokenLengths;
}

export interface ServeGenFiles {
  readonly rates: RateWindow[];
  readonly tokens: readonly TokenWindow[];
}

const RATE_COLUMNS = ['model', 'client', 'window_start_s', 'rate_rps', 'dist', 'param1', 'param2'] as const;
const TOKEN_COLUMNS = ['model', 'client', 'window_start_s', 'in_mean', 'in_p95', 'out_mean', 'out_p95'] as const;

/** No fitted length goes beyond this: the largest context window in common use. */
const TOKENS_CLIP = 1_000_000;

/**
 * Reads ServeGen's two tables, told apart by their headers, for one model.
 *
 * @throws BadInput when a file is neither table or the model does not occur
 */
export async function readServeGenFiles(
  files: readonly string[],
  rejects: Rejects,
  model: string,
): Promise<ServeGenFiles> {
  const rates: RateWindow[] = [];
  const tokens: TokenWindow[] = [];
  const models = new Set<string>();
  for (const file of files) {
    let position: Positions | undefined;
    let isRates = false;
    for await (const records of readCsvRecords(file, rejects)) {
      for (const { line, fields } of records) {
        if (position === undefined) {
          isRates = fields.includes('rate_rps');
          position = findPositions(file, fields, isRates ? RATE_COLUMNS : TOKEN_COLUMNS);
          continue;
        }
        const rowModel = fields[position('model')] ?? '';
        if (isRates) models.add(rowModel);
        if (rowModel !== model && fields.length >= position.width) continue;
        const row = isRates ? readRate(fields, position) : readTokenWindow(fields, position);
        if (typeof row === 'string') rejects.reject(file, line, row);
        else if ('shape' in row) rates.push(row);
        else tokens.push(row);
      }
    }
  }
  if (rates.length === 0) {
    const known = [...models].sort().join(', ');
    throw new BadInput(
      known === ''
        ? `servegen: no rates in ${files.join(', ')}; name the client_rates file too`
        : `servegen: model ${model} does not occur; --model can be ${known}`,
    );
  }
  return { rates, tokens };
}

/** Finds a column's position by its name; `width` is the number of columns. */
type Positions = ((name: string) => number) & { readonly width: number };

function findPositions(file: string, header: readonly string[], wanted: readonly string[]): Positions {
  const missing = wanted.filter((name) => !header.includes(name));
  if (missing.length > 0) {
    throw new BadInput(
      `${file}:1: no column ${missing.join(', ')}; is this a ServeGen table of rates or token statistics?`,
    );
  }
  return Object.assign((name: string) => header.indexOf(name), { width: header.length });
}

function readRate(fields: readonly string[], position: Positions): RateWindow | string {
  const read = readNumbers(fields, position, ['client', 'window_start_s', 'rate_rps', 'param1', 'param2']);
  if (typeof read === 'string') return read;
  const [client, startSeconds, ratePerSecond, shape, scaleSeconds] = read as [number, number, number, number, number];
  const family = fields[position('dist')];
  if (family !== 'Gamma' && family !== 'Weibull') return `dist is ${quote(family)}, but has to be Gamma or Weibull`;
  if (!Number.isInteger(startSeconds / WINDOW_SECONDS)) return `window_start_s is no multiple of ${WINDOW_SECONDS}`;
  if (shape <= 0 || scaleSeconds <= 0) return 'param1 and param2 have to be above 0';
  const model = fields[position('model')] ?? '';
  return { model, client, startSeconds, ratePerSecond, family, shape, scaleSeconds };
}

function readTokenWindow(fields: readonly string[], position: Positions): TokenWindow | string {
  const read = readNumbers(fields, position, ['client', 'window_start_s', 'in_mean', 'in_p95', 'out_mean', 'out_p95']);
  if (typeof read === 'string') return read;
  const [client, startSeconds, inMean, inP95, outMean, outP95] = read as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (Math.min(inMean, inP95, outMean, outP95) <= 0) return 'token statistics have to be above 0';
  return {
    client,
    startSeconds,
    input: lognormalFromMeanAndP95(inMean, inP95, TOKENS_CLIP),
    output: lognormalFromMeanAndP95(outMean, outP95, TOKENS_CLIP),
  };
}

function readNumbers(
  fields: readonly string[],
  position: Positions,
  names: readonly string[],
): readonly number[] | string {
  if (fields.length !== position.width) return `${fields.length} fields in place of ${position.width}`;
  const values: number[] = [];
  for (const name of names) {
    const field = readNumber(name, fields[position(name)]);
    if (!field.ok) return field.reason;
    if (field.value < 0) return `${name} is ${field.value}, but has to be from 0 on`;
    values.push(field.value);
  }
  return values;
}
