import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { existsSync, statSync } from 'node:fs';
import { BadInput } from '../../src/config/bad-input.ts';
import { openingTrouble } from '../../src/log/log-file.ts';
import { allRows } from '../../src/log/log-source.ts';
import { openLogSources } from '../../src/log/open-log-sources.ts';
import { asReadingTrouble } from '../../src/log/reading-trouble.ts';
import { LOG_TABLES } from '../../src/log/schema.ts';
import { sqlText } from '../database.ts';
import { TOKENS_MAX, type TraceColumnName } from '../trace-columns.ts';
import { chunkDecoder, NO_BLOCKS_MARK } from '../trace-rows.ts';
import { readSteering } from '../steering-text.ts';
import type { TraceRow } from '../trace.ts';
import type { Importer } from './importer.ts';

/** Answer assumed for a request that got none in a log without any answers, tokens. */
const ANSWER_TOKENS = 256;

export interface TokenPoolOptions {
  /** Hears what a person should know of a log that is read, such as rows that a running server still holds. */
  readonly onNote?: (note: string) => void;
}

/**
 * A decision log of Token Pool, live or simulated, becomes the trace of its requests.
 *
 * `target` and `propensity` are those of the request's first choice; `kind` and `status` are what the request came to in
 * the end; `first_token_ms` and `duration_ms` count from its arrival, waits and retries included, and `cost_usd` adds up
 * its attempts. That is the reward of the first choice, as off-policy estimates want it. Requests that got no answer
 * take the median answer length of the log, for nobody knows what theirs would have been.
 */
export const importTokenPool: Importer<TokenPoolOptions> = async function* (files, { onNote }, rejects) {
  for (const file of files) {
    if (!existsSync(file)) throw new BadInput(`${file}: cannot be opened: there is no such file`);
    const { connection, tables, notes, close } = await openTables(file);
    for (const note of notes) onNote?.(note);
    try {
      const decode = chunkDecoder(COLUMNS);
      const result = await connection.stream(requestsQuery(tables.includes('inputs')));
      let number = 0;
      let backward = 0;
      for await (const chunk of result) {
        const rows: TraceRow[] = [];
        // Not one of the columns that are decoded: those must have been checked.
        const steering = chunk.getColumnVector(COLUMNS.length);
        for (const [index, decoded] of decode(chunk).entries()) {
          number++;
          const row = withoutNegativeTimes(decoded);
          if (row !== decoded) backward++;
          const text = steering.getItem(index) as string | null;
          const read = text === null ? null : readSteering(text);
          const problem = rowProblem(row) ?? (read?.ok === false ? `steering: ${read.reason}` : null);
          if (problem === null) rows.push(read?.ok === true ? { ...row, steering: read.value } : row);
          else rejects.reject(file, number, `request ${row.requestId}: ${problem}`);
        }
        yield rows;
      }
      if (backward > 0) {
        onNote?.(
          `${file}: its clock goes back: by it, ${backward} of ${number} requests ended before they came; how long they took is left out`,
        );
      }
    } catch (error) {
      throw asReadingTrouble(file, error);
    } finally {
      close();
    }
  }
};

interface OpenTables {
  readonly connection: DuckDBConnection;
  /** Those of the log; SQL finds them in the schema `log`. */
  readonly tables: readonly string[];
  /** As in `OpenLogSources`. */
  readonly notes: readonly string[];
  close(this: void): void;
}

/** A log in one file, or the folder of a live log. */
async function openTables(path: string): Promise<OpenTables> {
  if (statSync(path).isDirectory()) return openFolder(path);
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const close = (): void => {
    connection.closeSync();
    database.closeSync();
  };
  try {
    return { connection, tables: await attachLog(connection, path), notes: [], close };
  } catch (error) {
    close();
    throw error;
  }
}

async function openFolder(path: string): Promise<OpenTables> {
  const { file, sources, notes } = await openLogSources(path);
  try {
    await file.connection.run('CREATE SCHEMA log');
    for (const table of LOG_TABLES) await file.connection.run(`CREATE VIEW log.${table} AS ${allRows(table, sources)}`);
    return { connection: file.connection, tables: LOG_TABLES, notes, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

const COLUMNS = [
  'arrival_ms',
  'request_id',
  'session_id',
  'client_key',
  'protocol',
  'model',
  'class',
  'priority',
  'input_tokens',
  'output_tokens',
  'max_output_tokens',
  'stream',
  'has_tools',
  'has_image',
  'prefix_blocks',
  'target',
  'propensity',
  'kind',
  'status',
  'first_token_ms',
  'duration_ms',
  'cost_usd',
] as const satisfies readonly TraceColumnName[];

async function attachLog(connection: DuckDBConnection, file: string): Promise<readonly string[]> {
  try {
    await connection.run(`ATTACH ${sqlText(file)} AS log (READ_ONLY)`);
  } catch (error) {
    throw new BadInput(`${file}: ${openingTrouble(error)}`, { cause: error });
  }
  const result = await connection.runAndReadAll(`SELECT table_name FROM duckdb_tables() WHERE database_name = 'log'`);
  const tables = result.getRowsJS().map((row) => String(row[0]));
  for (const needed of ['decisions', 'outcomes']) {
    if (!tables.includes(needed)) throw new BadInput(`${file}: has no table ${needed}, so it is no log of Token Pool`);
  }
  return tables;
}

/** A request as it came in; only here are tools, images and prefixes known. */
const FROM_BEGINS = `SELECT at_ms AS arrival_ms, payload->>'requestId' AS request_id, payload->>'sessionId' AS session_id,
    payload->>'clientKey' AS client_key, payload->>'protocol' AS protocol, payload->>'model' AS model,
    payload->>'declaredClass' AS class, payload->>'declaredPriority' AS priority,
    (payload->>'inputTokens')::DOUBLE AS input_tokens, (payload->>'maxOutputTokens')::DOUBLE AS max_output_tokens,
    (payload->>'stream')::BOOLEAN AS stream, (payload->>'hasTools')::BOOLEAN AS has_tools,
    (payload->>'hasImage')::BOOLEAN AS has_image, (payload->>'prefixBlocks')::JSON::DOUBLE[] AS prefix_blocks,
    payload->>'steering' AS steering
  FROM log.inputs WHERE kind = 'begin' QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY sequence) = 1`;

/** A request as its first decision shows it, for logs that did not keep their inputs. */
const FROM_DECISIONS = `SELECT at_ms - queued_ms AS arrival_ms, request_id, session_hash AS session_id, client_key, protocol,
    requested_model AS model, CASE class WHEN 'background' THEN class END AS class, priority,
    input_tokens_est::DOUBLE AS input_tokens, max_output_tokens::DOUBLE AS max_output_tokens, stream, false AS has_tools,
    false AS has_image, NULL::DOUBLE[] AS prefix_blocks, NULL::VARCHAR AS steering
  FROM log.decisions QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY sequence) = 1`;

const NO_BEGINS = `SELECT * FROM decided WHERE false`;

function requestsQuery(hasInputs: boolean): string {
  return `
  WITH decided AS (${FROM_DECISIONS}
  ), begun AS (${hasInputs ? FROM_BEGINS : NO_BEGINS}
  ), request AS (
    FROM begun UNION ALL (FROM decided ANTI JOIN begun USING (request_id))
  ), choice AS (
    SELECT * FROM log.decisions WHERE chosen_target IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY sequence) = 1
  ), ending AS (
    SELECT *, sum(cost_usd) OVER (PARTITION BY request_id) AS total_cost_usd FROM log.outcomes
    QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY sequence DESC) = 1
  ), usual AS (
    SELECT median(output_tokens) AS answer FROM ending WHERE kind = 'success'
  )
  SELECT request.arrival_ms, request.request_id, request.session_id, request.client_key, request.protocol, request.model,
    request.class, request.priority, request.input_tokens,
    CASE WHEN ending.kind = 'success' THEN ending.output_tokens
      ELSE least(round(coalesce(usual.answer, ${ANSWER_TOKENS})), request.max_output_tokens) END::DOUBLE,
    request.max_output_tokens, request.stream, request.has_tools, request.has_image,
    coalesce(request.prefix_blocks, [${NO_BLOCKS_MARK}]),
    choice.chosen_target, choice.propensity, ending.kind, ending.status::DOUBLE,
    ending.at_ms - ending.duration_ms + ending.first_token_ms - request.arrival_ms, ending.at_ms - request.arrival_ms,
    ending.total_cost_usd, request.steering
  FROM request CROSS JOIN usual LEFT JOIN choice USING (request_id) LEFT JOIN ending USING (request_id)
  ORDER BY request.arrival_ms, request.request_id`;
}

/** The row itself, or what is left of it when the clock of the log went back while it was under way. */
function withoutNegativeTimes(row: TraceRow): TraceRow {
  const { recorded } = row;
  if (recorded === null || ((recorded.durationMs ?? 0) >= 0 && (recorded.firstTokenMs ?? 0) >= 0)) return row;
  return { ...row, recorded: { ...recorded, firstTokenMs: null, durationMs: null } };
}

function rowProblem(row: TraceRow): string | null {
  if (!Number.isFinite(row.arrivalMs)) return 'its arrival is no number';
  if (!(row.inputTokens >= 0 && row.inputTokens <= TOKENS_MAX)) return `input_tokens is ${row.inputTokens}`;
  if (!(row.outputTokens >= 0 && row.outputTokens <= TOKENS_MAX)) return `output_tokens is ${row.outputTokens}`;
  const propensity = row.recorded?.propensity ?? null;
  if (propensity !== null && !(propensity > 0 && propensity <= 1)) return `propensity is ${propensity}`;
  return null;
}
