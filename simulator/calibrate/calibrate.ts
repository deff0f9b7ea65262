/**
 * From a log to twins, and how far they can be believed. Fitted on the first part of the log, judged on the second;
 * fitted again on both, and judged once on the last part, which nothing was fitted to or chosen by.
 */
import { BadInput } from '../../src/config/bad-input.ts';
import type { Policy } from '../../src/router/policy.ts';
import type { Scenario } from '../scenario.ts';
import type { PoolDefinition } from '../../src/router/pool.ts';
import { KIND_CODE, type AttemptTable, type RowSubset } from './attempt-table.ts';
import type { Calibration, LogPart } from './calibration.ts';
import { fitScenario, type FitSettings } from './fit-scenario.ts';
import { judgeFit } from './goodness/judge-fit.ts';
import { rowsBetween, splitRows } from './split-rows.ts';
import { withRecordedTrouble } from './trouble/fair-rows.ts';
import { recordedTroubleWords } from './trouble/recorded-words.ts';

/** Fewer attempts say so little that a fit would be made up. */
const ATTEMPTS_MIN = 100;

export interface CalibrateSettings extends FitSettings {
  /** The router's, as when the log was written. */
  readonly timeouts: Policy['timeouts'];
  /**
   * What the written scenario has of the trouble that was seen: `weather`, which comes by chance as often and for as
   * long; or `recorded`, the very same trouble at the same times, for replays of the same traffic.
   */
  readonly trouble: 'weather' | 'recorded';
}

/** All of a calibration but what only the command knows. */
export type Calibrated = Omit<Calibration, 'source' | 'scenarioPath' | 'command' | 'wallMs' | 'coreVersion'>;

/** @throws BadInput when there are too few attempts to learn anything */
export function calibrate(settings: CalibrateSettings): { readonly scenario: Scenario; readonly result: Calibrated } {
  const { table, pool, timeouts, seed, onStep, trouble } = settings;
  if (table.rows < ATTEMPTS_MIN) {
    throw new BadInput(
      `${table.name}: has ${table.rows} attempts with an outcome; a fit needs ${ATTEMPTS_MIN} at least, and says something of tails from some thousands on`,
    );
  }
  refuseHopeless(table, pool);
  const split = splitRows(table);
  const first = fitScenario(settings, split.fit);
  onStep('validation');
  const inPool = (rows: RowSubset): RowSubset => rowsInPool(table, rows, first.scenario);
  const validate = judgeFit(table, inPool(split.validate), first.scenario, timeouts, seed);
  const learnt = rowsBetween(0, split.fit.length + split.validate.length);
  const final = fitScenario(settings, learnt);
  onStep('holdout');
  const holdout = judgeFit(table, inPool(split.holdout), final.scenario, timeouts, seed + 1);
  const gone = table.rows - inPool(rowsBetween(0, table.rows)).length;
  const recorded = trouble === 'recorded' ? fitScenario(settings, rowsBetween(0, table.rows)).troubles : null;
  return {
    scenario: recorded === null ? final.scenario : withRecordedTrouble(final.scenario, recorded),
    result: {
      kind: 'calibration',
      formatVersion: 1,
      split: {
        fit: partOf(table, split.fit),
        validate: partOf(table, split.validate),
        holdout: partOf(table, split.holdout),
      },
      twins: final.twins,
      troubles: final.troubles,
      goodness: { validate, holdout },
      notes: [
        ...(recorded === null ? [] : [recordedTroubleWords(recorded)]),
        ...final.notes,
        ...silentProviders(table),
        ...(table.targets.length === 1
          ? ['the log has one target only: what another would have done is in no row of it']
          : []),
        ...(gone > 0 && pool !== null
          ? [`${gone} attempts went to targets that the pool lacks; they are not judged`]
          : []),
      ],
    },
  };
}

/** @throws BadInput when there is nothing that a fit could be about */
function refuseHopeless({ name, rows, kind, targets }: AttemptTable, pool: PoolDefinition | null): void {
  if (kind.every((code) => code !== KIND_CODE.success)) {
    throw new BadInput(
      `${name}: none of its ${rows} attempts succeeded; how long an answer takes cannot be learnt from it`,
    );
  }
  if (pool !== null && targets.every(({ id }) => pool.targets.every((target) => target.id !== id))) {
    throw new BadInput(
      `${name}: none of its targets (${targets[0]?.id ?? ''}, ...) is in the pool; name the pool that the log was written with`,
    );
  }
}

/** Providers that never answered: what is fitted of them is their trouble alone. */
function silentProviders({ kind, target, targets, twins }: AttemptTable): string[] {
  const answered = new Set<string>();
  kind.forEach((code, row) => {
    if (code === KIND_CODE.success) answered.add(targets[target[row]!]!.provider);
  });
  return [...new Set(twins.map(({ provider }) => provider))]
    .filter((provider) => !answered.has(provider))
    .map(
      (provider) =>
        `${provider}: no attempt there succeeded; its twin answers as a default one does, do not believe it`,
    );
}

function rowsInPool(table: AttemptTable, rows: RowSubset, { pool }: Scenario): RowSubset {
  const ids = new Set(pool.targets.map(({ id }) => id));
  const isThere = table.targets.map(({ id }) => ids.has(id));
  return rows.filter((row) => isThere[table.target[row]!]!);
}

function partOf({ sentAtMs }: AttemptTable, rows: RowSubset): LogPart {
  return {
    rows: rows.length,
    fromMs: rows.length === 0 ? 0 : sentAtMs[rows[0]!]!,
    toMs: rows.length === 0 ? 0 : sentAtMs[rows[rows.length - 1]!]!,
  };
}
