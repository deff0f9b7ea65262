import { BadInput } from '../config/bad-input.ts';
import type { RouterSnapshot } from '../router/index.ts';
import type { PolicyWords } from './request-follower.ts';
import type { SnapshotRow } from './schema.ts';

/** A snapshot as a live log keeps it: with what the rows of its decisions have to say besides. */
export interface LoggedSnapshot extends RouterSnapshot {
  readonly policyHash: string;
  /** Of the canary's policy; left out without a canary. */
  readonly canaryWords?: PolicyWords;
}

/** @throws BadInput when the row is none that a log of this version wrote */
export function readSnapshot(path: string, { sequence, body }: SnapshotRow): LoggedSnapshot {
  try {
    return JSON.parse(body) as LoggedSnapshot;
  } catch {
    throw new BadInput(`${path}: the snapshot at input ${sequence} is not JSON; the log was damaged`);
  }
}
