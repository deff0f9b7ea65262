/**
 * Where promotions outlive the process: two files in the folder of the log. `promotions.json` is what counts: written whole,
 * on disk before a step takes effect. `promotion-stage.json` is what the stage at hand has counted, written now and then;
 * without it only the counting starts again.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BadInput } from '../config/bad-input.ts';
import { policyHash } from '../config/load-policy.ts';
import { readNamedText } from '../config/file-trouble.ts';
import { validateValue } from '../config/yaml-file.ts';
import { OPEN_STAGES, type Promotion, type Stage } from './promotion.ts';
import { policyStateSchema, stageRecordSchema, type PolicyState, type StageRecord } from './promotion-schema.ts';

export const STATE_FILE = 'promotions.json';
export const STAGE_FILE = 'promotion-stage.json';
const ADVICE = 'put it back from a copy, or move it away to go on with the policy of the configuration';
const NOTHING: PolicyState = { formatVersion: 1, fileHash: null, open: null, active: [], past: [] };

export interface PromotionStore {
  /** As it was found. */
  readonly state: PolicyState;
  /** Null when there is none, or it cannot be used. */
  readonly stageRecord: StageRecord | null;
  /** On disk when it returns. @throws Error when it could not be written: the old state is then still there */
  save(state: PolicyState): void;
  /** @throws Error when it could not be written */
  saveStage(record: StageRecord): void;
}

/** @throws BadInput when the file of the promotions is there and cannot be what was written */
export function openPromotionStore(folder: string): PromotionStore {
  const statePath = join(folder, STATE_FILE);
  const stagePath = join(folder, STAGE_FILE);
  return {
    state: readState(statePath),
    stageRecord: readStage(stagePath),
    save: (state) => writeWhole(statePath, state, true),
    saveStage: (record) => writeWhole(stagePath, record, false),
  };
}

function readState(path: string): PolicyState {
  const text = textOf(path);
  if (text === null) return NOTHING;
  try {
    const state = validateValue(path, parse(path, text), policyStateSchema);
    for (const promotion of state.active.slice(0, -1)) requireStage(path, promotion, ['retired']);
    for (const promotion of state.active.slice(-1)) requireStage(path, promotion, ['active']);
    if (state.open !== null) requireStage(path, state.open, OPEN_STAGES);
    for (const promotion of [...state.active, ...(state.open === null ? [] : [state.open])])
      requirePolicy(path, promotion);
    return state;
  } catch (error) {
    if (error instanceof BadInput) throw new BadInput(`${error.message}; ${ADVICE}`);
    throw error;
  }
}

function requireStage(path: string, { id, stage }: Promotion, stages: readonly Stage[]): void {
  if (stages.includes(stage)) return;
  throw new BadInput(`${path}: promotion ${id}: stands where one in ${stages.join(' or ')} should, and is in ${stage}`);
}

function requirePolicy(path: string, { id, policy, policyHash: hash }: Promotion): void {
  if (policyHash(policy) === hash) return;
  throw new BadInput(`${path}: promotion ${id}: its policy is not the one that was promoted; the file was changed`);
}

/** Nothing hangs on it, so one that was damaged is as good as none. */
function readStage(path: string): StageRecord | null {
  try {
    const text = textOf(path);
    return text === null ? null : validateValue(path, parse(path, text), stageRecordSchema);
  } catch {
    return null;
  }
}

function textOf(path: string): string | null {
  return existsSync(path) ? readNamedText(path) : null;
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadInput(`${path}: is not JSON; it was damaged`);
  }
}

function writeWhole(path: string, value: PolicyState | StageRecord, isSafe: boolean): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeFileSync(file, `${JSON.stringify(value)}\n`);
      if (isSafe) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (isSafe) syncFolder(path);
}

/** The new name, too, is to outlive a power cut. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
