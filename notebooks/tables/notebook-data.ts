/** Files that a person or the example names, opened as the databases of a notebook. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseCalibration } from '../../reports/calibration/read-calibration.ts';
import { parseEstimate } from '../../reports/estimate/read-estimate.ts';
import { parseComparison } from '../../reports/read-comparison.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import type { Comparison } from '../../simulator/result.ts';
import { calibrationTables } from './calibration-tables.ts';
import { comparisonTables } from './comparison-tables.ts';
import { estimateTables } from './estimate-tables.ts';
import { emptyTables, logDatabase, rowsDatabase, type NotebookDatabase, type RowTable } from './notebook-database.ts';
import { replayTables, type ReplayedTraffic } from './replay-tables.ts';

/** What a notebook is made of. */
export type NotebookData =
  | { readonly name: 'ranked-vs-weighted'; readonly run: string }
  | { readonly name: 'why-this-target'; readonly log: string }
  | {
      readonly name: 'can-i-trust-it';
      readonly fit: string;
      readonly run: string | null;
      readonly estimate: string | null;
      /** A log of what really came. */
      readonly measured: string | null;
    }
  | { readonly name: 'what-if'; readonly traffic: ReplayedTraffic };

export type NotebookDatabases = Readonly<Record<string, NotebookDatabase>>;

/**
 * @param folderOf makes a folder for what is written for a moment on behalf of a database
 * @throws BadInput when a file is missing, or is not what the notebook reads
 */
export async function openNotebookData(
  data: NotebookData,
  folderOf: (database: string) => Promise<string>,
): Promise<NotebookDatabases> {
  const opened: Record<string, NotebookDatabase> = {};
  const rows = async (name: string, tables: Readonly<Record<string, RowTable>>): Promise<void> => {
    opened[name] = await rowsDatabase(tables, await folderOf(name));
  };
  try {
    switch (data.name) {
      case 'ranked-vs-weighted':
        await rows('run', comparisonTables(await twoPolicies(data.run)));
        break;
      case 'why-this-target':
        opened['log'] = await logDatabase(data.log);
        await refuseEmptyLog(opened['log'], data.log, ['decisions']);
        break;
      case 'can-i-trust-it': {
        const { fit, run, estimate, measured } = data;
        await rows('fit', calibrationTables(parseCalibration(await textOf(fit), fit)));
        const replay = run === null ? null : await comparisonOf(run);
        await rows('run', {
          ...(replay === null ? emptyTables(noComparison()) : comparisonTables(replay)),
          replayed_log: {
            columns: { is_measured: 'BOOLEAN' },
            rows: [{ is_measured: measured !== null && replay !== null && isReplayOf(replay, measured) }],
          },
        });
        await rows(
          'estimate',
          estimateTables(estimate === null ? null : parseEstimate(await textOf(estimate), estimate)),
        );
        if (measured === null) await rows('measured', NOTHING_MEASURED);
        else {
          opened['measured'] = await logDatabase(measured);
          await refuseEmptyLog(opened['measured'], measured, ['decisions', 'outcomes']);
        }
        break;
      }
      case 'what-if':
        await rows('traffic', replayTables(data.traffic));
        break;
    }
    return opened;
  } catch (error) {
    closeAll(opened);
    throw error;
  }
}

export function closeAll(databases: NotebookDatabases): void {
  for (const database of Object.values(databases)) database.close();
}

/** A page of a log without rows would be full of averages of nothing. */
async function refuseEmptyLog(
  { connection }: NotebookDatabase,
  path: string,
  tables: readonly ('decisions' | 'outcomes')[],
): Promise<void> {
  for (const table of tables) {
    const found = await connection.runAndReadAll(`SELECT 1 FROM logged_${table} LIMIT 1`);
    if (found.currentRowCount === 0) {
      throw new BadInput(`${path}: has no ${table} yet; name a log of requests that were served or simulated`);
    }
  }
}

async function comparisonOf(path: string): Promise<Comparison> {
  return parseComparison(await textOf(path), path);
}

/** Whether the comparison replayed this log, as far as paths tell. */
function isReplayOf({ trace, outcomes }: Comparison, log: string): boolean {
  return [trace.name, outcomes?.recording].some((name) => name !== undefined && resolve(name) === resolve(log));
}

async function twoPolicies(path: string): Promise<Comparison> {
  const comparison = await comparisonOf(path);
  if (comparison.policies.length < 2) {
    throw new BadInput(`${path}: has one policy only; compare two: tokenpool compare ... --policies A,B --out FILE`);
  }
  return comparison;
}

/** The tables of a comparison that there is not. */
function noComparison(): Readonly<Record<string, RowTable>> {
  return comparisonTables({
    policies: [],
    paired: [],
    faults: [],
    trace: { name: '', sha256: '', requests: 0, spanMs: 0, askedAsAuto: 0 },
    scenario: '',
    seed: 0,
    command: '',
  } as unknown as Comparison);
}

/** As a log without rows, as far as a notebook asks one. */
const NOTHING_MEASURED: Readonly<Record<string, RowTable>> = {
  logged_decisions: {
    columns: { request_id: 'VARCHAR', at_ms: 'DOUBLE', queued_ms: 'DOUBLE', policy_hash: 'VARCHAR' },
    rows: [],
  },
  logged_outcomes: {
    columns: {
      request_id: 'VARCHAR',
      attempt: 'DOUBLE',
      at_ms: 'DOUBLE',
      kind: 'VARCHAR',
      first_token_ms: 'DOUBLE',
      duration_ms: 'DOUBLE',
      cost_usd: 'DOUBLE',
    },
    rows: [],
  },
};

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BadInput(
      `${path}: ${code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'is a folder' : 'cannot be read'}; name a result that tokenpool wrote`,
    );
  }
}
