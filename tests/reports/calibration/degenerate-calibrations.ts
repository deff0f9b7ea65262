/** Calibrations at the edge of what a log can give. */
import type { AttemptTable } from '../../../simulator/calibrate/attempt-table.ts';
import type { Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { Goodness } from '../../../simulator/calibrate/goodness/goodness.ts';
import { judgeFit } from '../../../simulator/calibrate/goodness/judge-fit.ts';
import { replayAttempts } from '../../../simulator/calibrate/replay-attempts.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { everyRow, noisyScenario, sentAttempts, TIMEOUTS } from '../../simulator/calibrate/generated-attempts.ts';
import { smallScenario } from '../../../simulator/validate/small/small-scenario.ts';
import { fixtureCalibration } from './fixture-calibration.ts';

const whole = fixtureCalibration();
const noisy = noisyScenario();

/** Attempts that differ from the generated ones in some columns, played in one scenario and judged against another. */
function judged(
  rows: number,
  changes: (table: AttemptTable) => Partial<AttemptTable>,
  log: Scenario = noisy,
  scenario: Scenario = log,
): Goodness {
  const generated = sentAttempts(rows, 1_000);
  const sent = { ...generated, ...changes(generated) };
  const table = replayAttempts(sent, everyRow(sent), log, 9, TIMEOUTS);
  return judgeFit(table, everyRow(table), scenario, TIMEOUTS, 3);
}

function judgedBy(goodness: Goodness): Calibration {
  return { ...whole, goodness: { validate: goodness, holdout: goodness } };
}

const alone = noisyScenario({
  twin: { errors: { serverError: 0, connectTimeout: 0, midStreamAbort: 0 } },
});
const failing = noisyScenario({ twin: { errors: { serverError: 1, connectTimeout: 0, midStreamAbort: 0 } } });

export const DEGENERATE: readonly (readonly [name: string, calibration: Calibration])[] = [
  ['no rows kept back', judgedBy(judged(0, () => ({})))],
  ['one row', judgedBy(judged(1, () => ({})))],
  ['ten rows', judgedBy(judged(10, () => ({})))],
  ['one target', judgedBy(judged(400, ({ rows }) => ({ target: new Uint16Array(rows) })))],
  ['no streams', judgedBy(judged(600, ({ rows }) => ({ stream: new Uint8Array(rows) })))],
  ['no failures', judgedBy(judged(600, () => ({}), alone))],
  ['nothing but failures', judgedBy(judged(600, () => ({}), failing))],
  ['failures in the log alone', judgedBy(judged(600, () => ({}), failing, alone))],
  ['no noise at all', judgedBy(judged(600, () => ({}), smallScenario()))],
  ['rows of one moment', judgedBy(judged(300, ({ rows }) => ({ sentAtMs: new Float64Array(rows) })))],
  [
    'nothing fitted',
    {
      ...whole,
      twins: [],
      troubles: [],
      notes: [],
      scenarioPath: null,
      source: { ...whole.source, requests: null, startedAtMs: null, attempts: 0, toMs: 0 },
    },
  ],
];
