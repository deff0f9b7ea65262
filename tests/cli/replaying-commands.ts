/** What `simulate` and `compare` have in common: a folder with bad input of every kind, and what must be said of it. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect } from 'vitest';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runProgram } from '../../src/cli/run-program.ts';

const OUTAGE = fileURLToPath(new URL('../../simulator/scenarios/provider-outage.scenario.yaml', import.meta.url));

/** A folder with `good.parquet` (400 requests) and the bad files named in {@link BAD_INPUT}, removed afterwards. */
export function folderOfInputs(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-cli-'));
  const pathOf = (name: string): string => join(folder, name);
  beforeAll(async () => {
    await writeTrace(pathOf('good.parquet'), 'SELECT * FROM lab');
    await writeTrace(pathOf('negative.parquet'), 'SELECT * REPLACE (-5 AS input_tokens) FROM lab');
    await writeTrace(pathOf('nameless.parquet'), 'SELECT * EXCLUDE (request_id) FROM lab');
    await writeTrace(pathOf('same-id.parquet'), `SELECT * REPLACE ('same' AS request_id) FROM lab`);
    writeFileSync(pathOf('cut.parquet'), readFileSync(pathOf('good.parquet')).subarray(0, 3_000));
    writeFileSync(pathOf('notes.txt'), 'hello');
    writeFileSync(pathOf('negative.yaml'), 'score: { weights: { cost: -1 } }\n');
    writeFileSync(pathOf('not-a-number.yaml'), 'score: { weights: { cost: .nan } }\n');
    writeFileSync(pathOf('unknown-field.yaml'), 'scores: {}\n');
    writeFileSync(
      pathOf('lost.scenario.yaml'),
      readFileSync(OUTAGE, 'utf8').replace('team-a.cumulus-70b', 'team-z.cumulus-70b'),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return pathOf;
}

/** Writes what a query gives over `lab`, the first 400 requests of the embedded trace. */
async function writeTrace(path: string, query: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`CREATE VIEW lab AS SELECT * FROM read_parquet('${embeddedTracePath()}') LIMIT 400`);
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

/** Arguments after the command, the trace first, and the one line to be said. `OUT` stands for an output file. */
export const BAD_INPUT: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    'a missing trace',
    ['nowhere.parquet', 'calm-day'],
    /nowhere\.parquet: cannot open the trace: there is no such file/,
  ],
  ['a text for a trace', ['notes.txt', 'calm-day'], /notes\.txt: is not a canonical trace \(Parquet\)/],
  ['half a trace', ['cut.parquet', 'calm-day'], /cut\.parquet: cannot be read as Parquet/],
  [
    'a bad row',
    ['negative.parquet', 'calm-day'],
    /negative\.parquet: row 1: column input_tokens: is not a whole number/,
  ],
  ['a missing column', ['nameless.parquet', 'calm-day'], /nameless\.parquet: column request_id is missing/],
  [
    'ids that repeat',
    ['same-id.parquet', 'calm-day'],
    /same-id\.parquet: row 2: request_id "same" is in flight already/,
  ],
  ['an unknown scenario', ['good.parquet', 'calm-night'], /scenario "calm-night": neither a file nor a built-in/],
  [
    'a fault of nobody',
    ['good.parquet', 'lost.scenario.yaml'],
    /lost\.scenario\.yaml:\d+:\d+: faults\[3\]\.target: unknown target/,
  ],
];

/** Values of the option that names policies, and the one line to be said. */
export const BAD_POLICIES: readonly (readonly [string, RegExp])[] = [
  ['rankd', /policy "rankd": neither a file nor a built-in policy; built in are ranked, /],
  ['unknown-field.yaml', /unknown-field\.yaml:1:\d+: scores: unknown field; did you mean score\? \(known: mode, /],
  ['negative.yaml', /negative\.yaml:1:\d+: score\.weights\.cost: expected number >= 0, got -1/],
  ['not-a-number.yaml', /not-a-number\.yaml:1:\d+: score\.weights\.cost: expected a number, got NaN/],
];

/**
 * Ends with 2, says the one line that `pattern` describes, and leaves no file behind. Inside of this process, because
 * starting one for each kind of bad input takes minutes.
 */
export async function expectBadInput(
  pathOf: (name: string) => string,
  args: readonly string[],
  pattern: RegExp,
): Promise<void> {
  const before = readdirSync(pathOf('.'));
  const lines: string[] = [];
  const code = await runProgram(await buildProgram(args), ['node', 'tokenpool', ...args], (text) => lines.push(text));
  expect(lines.join('')).toMatch(pattern);
  expect(lines.join('').trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
  expect(readdirSync(pathOf('.'))).toEqual(before);
}
