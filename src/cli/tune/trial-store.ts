/**
 * What a search has replayed, in a DuckDB file: a search that goes on takes from it what it would replay again. It holds
 * the policies and the trials too, for whoever wants to look into them with SQL.
 */
import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import type { ReplayFigures } from '../../../simulator/tune/block-figures.ts';
import { replayKey, type PolicyReplay } from '../../../simulator/tune/policy-replay.ts';
import type { Trial } from '../../../simulator/tune/tuning-result.ts';
import { BadInput } from '../../config/bad-input.ts';
import { canonicalJson } from '../../config/canonical-json.ts';
import { createDatabase, openForReading, openForWriting, type DatabaseFile } from '../../log/log-file.ts';

const FORMAT_VERSION = 1;
const MARK = 'tokenpool_tuning';
const TABLES = [
  `CREATE TABLE ${MARK} (format_version INTEGER NOT NULL, search VARCHAR NOT NULL)`,
  'CREATE TABLE policies (policy_hash VARCHAR PRIMARY KEY, policy VARCHAR NOT NULL)',
  `CREATE TABLE replays (replay_key VARCHAR PRIMARY KEY, policy_hash VARCHAR NOT NULL, variant INTEGER NOT NULL,
    seed BIGINT NOT NULL, from_row BIGINT NOT NULL, count_from_row BIGINT NOT NULL, to_row BIGINT NOT NULL,
    blocks INTEGER NOT NULL, figures VARCHAR NOT NULL)`,
  `CREATE TABLE trials (trial INTEGER PRIMARY KEY, origin VARCHAR NOT NULL, policy_hash VARCHAR NOT NULL,
    blocks_seen INTEGER NOT NULL, is_feasible BOOLEAN NOT NULL, utility DOUBLE NOT NULL, knobs VARCHAR NOT NULL,
    metrics VARCHAR NOT NULL)`,
] as const;

/** What makes a search the same: by name, so that a refusal can say what differs. Plain data. */
export type SearchIdentity = Readonly<Record<string, unknown>>;

export interface TrialStore {
  readonly path: string;
  /** Replays that were there when it was opened. */
  readonly known: number;
  find(replay: PolicyReplay): ReplayFigures | null;
  /** Keeps it for the next {@link flush}. */
  add(replay: PolicyReplay, figures: ReplayFigures): void;
  /** Writes what was added since the last time. */
  flush(): Promise<void>;
  writeTrials(trials: readonly Trial[]): Promise<void>;
  close(): void;
}

/**
 * @param isResumed go on with what is there; otherwise a file of an earlier search is replaced
 * @throws BadInput when the file is something else, or of another search
 */
export async function openTrialStore(path: string, identity: SearchIdentity, isResumed: boolean): Promise<TrialStore> {
  if (existsSync(path)) {
    const search = await searchIn(path);
    if (isResumed) refuseOther(path, search, identity);
    else await removeDatabase(path);
  } else if (isResumed) {
    throw new BadInput(`${path}: no such file; leave --resume out to begin anew`);
  }
  const isNew = !existsSync(path);
  const file = isNew ? await createDatabase(path) : await openForWriting(path, {});
  if (isNew) await createTables(file, identity);
  return storeOf(path, file);
}

/** With what a process that was killed left beside it, which DuckDB would take for a part of the next one. */
async function removeDatabase(path: string): Promise<void> {
  await rm(path);
  await rm(`${path}.wal`, { force: true });
}

/** @throws BadInput when it is no file of a search */
async function searchIn(path: string): Promise<SearchIdentity> {
  const file = await openForReading(path);
  try {
    const reader = await file.connection.runAndReadAll(`SELECT format_version, search FROM ${MARK}`);
    const [version, search] = reader.getRows()[0] ?? [];
    if (version !== FORMAT_VERSION) throw new BadInput(`${path}: trials of another version; name another file`);
    return JSON.parse(String(search)) as SearchIdentity;
  } catch (error) {
    if (error instanceof BadInput) throw error;
    throw new BadInput(`${path}: exists and holds no trials of a search; name another file with --trials`, {
      cause: error,
    });
  } finally {
    file.close();
  }
}

function refuseOther(path: string, search: SearchIdentity, identity: SearchIdentity): void {
  const text = (value: unknown): string => canonicalJson(value ?? null);
  const names = [...new Set([...Object.keys(search), ...Object.keys(identity)])];
  const different = names.filter((name) => text(search[name]) !== text(identity[name]));
  if (different.length === 0) return;
  throw new BadInput(
    `${path}: holds trials of another search (${different.join(', ')} differ); leave --resume out, or name another file`,
  );
}

async function createTables({ connection }: DatabaseFile, identity: SearchIdentity): Promise<void> {
  for (const statement of TABLES) await connection.run(statement);
  await connection.run(`INSERT INTO ${MARK} VALUES ($1, $2)`, [FORMAT_VERSION, canonicalJson(identity)]);
}

async function storeOf(path: string, file: DatabaseFile): Promise<TrialStore> {
  const { connection } = file;
  const found = new Map<string, string>();
  const policies = new Set<string>();
  const rows = await connection.runAndReadAll('SELECT replay_key, policy_hash, figures FROM replays');
  for (const [key, hash, figures] of rows.getRows()) {
    found.set(String(key), String(figures));
    policies.add(String(hash));
  }
  let added: { readonly replay: PolicyReplay; readonly figures: ReplayFigures }[] = [];

  const write = async ({ replay, figures }: (typeof added)[number]): Promise<void> => {
    const { policy, policyHash, variant, seed, stretch, blocks } = replay;
    if (!policies.has(policyHash)) {
      policies.add(policyHash);
      await connection.run('INSERT OR IGNORE INTO policies VALUES ($1, $2)', [policyHash, JSON.stringify(policy)]);
    }
    await connection.run('INSERT OR IGNORE INTO replays VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
      replayKey(replay),
      policyHash,
      variant,
      seed,
      stretch.fromRow,
      stretch.countFromRow,
      stretch.toRow,
      blocks,
      JSON.stringify(figures),
    ]);
  };

  return {
    path,
    known: found.size,
    find(replay) {
      const figures = found.get(replayKey(replay));
      return figures === undefined ? null : (JSON.parse(figures) as ReplayFigures);
    },
    add: (replay, figures) => void added.push({ replay, figures }),
    async flush() {
      const rows = added;
      added = [];
      await inTransaction(file, async () => {
        for (const row of rows) await write(row);
      });
    },
    async writeTrials(trials) {
      await inTransaction(file, async () => {
        await connection.run('DELETE FROM trials');
        for (const { index, origin, policyHash, blocksSeen, isFeasible, utility, knobs, metrics } of trials) {
          const values = [index, origin, policyHash, blocksSeen, isFeasible, utility];
          const texts = [JSON.stringify(knobs), JSON.stringify(metrics)];
          await connection.run('INSERT INTO trials VALUES ($1, $2, $3, $4, $5, $6, $7, $8)', [...values, ...texts]);
        }
      });
    },
    close: () => file.close(),
  };
}

async function inTransaction({ connection }: DatabaseFile, work: () => Promise<void>): Promise<void> {
  await connection.run('BEGIN');
  try {
    await work();
    await connection.run('COMMIT');
  } catch (error) {
    await connection.run('ROLLBACK');
    throw error;
  }
}
