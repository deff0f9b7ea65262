/** Fits twins to a log for a command: progress on standard error, the scenario written, wall time around it. */
import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { stringify } from 'yaml';
import { writeWhole } from '../../datasets/partial-file.ts';
import { calibrate } from '../../simulator/calibrate/calibrate.ts';
import type { Calibration } from '../../simulator/calibrate/calibration.ts';
import type { Scenario } from '../../simulator/scenario.ts';
import { BadInput } from '../config/bad-input.ts';
import { knownPrices } from '../config/known-prices.ts';
import { loadGatewayPool } from '../config/load-gateway.ts';
import { parseScenario } from '../config/load-scenario.ts';
import { scenarioFormOf } from '../config/scenario-form.ts';
import { unseenTwin } from '../config/twin-schema.ts';
import { CORE_VERSION, DEFAULT_POLICY } from '../router/index.ts';
import { printNotes } from './print-notes.ts';
import { progressBar } from './progress-bar.ts';
import { readAttempts } from './read-attempts.ts';

export interface CalibrationRequest {
  /** Decision log, or a trace with outcomes. */
  readonly path: string;
  /** Where the scenario goes. */
  readonly out: string;
  /** `token-pool.yaml` with prices and limits; null: what the log says. */
  readonly pool: string | null;
  readonly trouble: 'weather' | 'recorded';
  readonly seed: number;
  /** The command that repeats the result. */
  readonly command: string;
}

export interface CalibrationRun {
  readonly calibration: Calibration;
  /** What was said of the log already; the first of the calibration's notes. */
  readonly printedNotes: number;
}

/** @throws BadInput when the log cannot be read, or there is too little in it */
export async function runCalibration(request: CalibrationRequest): Promise<CalibrationRun> {
  const { path, out, trouble, seed, command } = request;
  const givenPool = request.pool === null ? null : loadGatewayPool(request.pool);
  const startMs = performance.now();
  const { table, requests, pool, policy, notes } = await readAttempts(path);
  printNotes(notes);
  const bar = progressBar('fit', stepsOf(table.twins.length));
  let steps = 0;
  try {
    const { scenario, result } = calibrate({
      table,
      pool: givenPool ?? pool,
      timeouts: (policy ?? DEFAULT_POLICY).timeouts,
      knownPrices,
      unseenTwin,
      name: 'fitted',
      trouble,
      seed,
      onStep: () => bar.update(++steps),
    });
    checkReadable(path, scenario);
    await writeScenario(out, scenario, path);
    const calibration = {
      ...result,
      notes: [...notes, ...result.notes],
      coreVersion: CORE_VERSION,
      source: {
        name: path,
        attempts: table.rows,
        requests,
        fromMs: 0,
        toMs: table.sentAtMs[table.rows - 1] ?? 0,
        startedAtMs: table.startedAtMs,
      },
      scenarioPath: out,
      command,
      wallMs: performance.now() - startMs,
    };
    return { calibration, printedNotes: notes.length };
  } finally {
    bar.stop();
  }
}

/** Each fit has a step for every twin and provider; there are at most three fits. */
function stepsOf(twins: number): number {
  return 3 * (2 * twins + 1);
}

/**
 * Whatever the log calls its targets, the file must be one that can be read again.
 *
 * @throws BadInput naming the log and the field that a scenario cannot have
 */
function checkReadable(path: string, scenario: Scenario): void {
  try {
    parseScenario('the scenario', JSON.parse(JSON.stringify(scenarioFormOf(scenario))));
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw new BadInput(
      `${path}: its targets make no pool: ${error.message}; targets are provider.key.model, of letters, digits, _ and - (a model may hold more)`,
    );
  }
}

async function writeScenario(path: string, scenario: Scenario, source: string): Promise<void> {
  const form = stringify(scenarioFormOf(scenario), { lineWidth: 0, aliasDuplicateObjects: false });
  const text = `# Written by tokenpool calibrate from ${source}; times in ms\n${form}`;
  await writeWhole(path, 'scenario', (partialPath) => writeFile(partialPath, text));
}
