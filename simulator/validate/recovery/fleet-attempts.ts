/** Attempts sent to the real fleet at known times, logged as a table: the ground on which fits have to find its twins. */
import type { OutcomeKind } from '../../../src/router/contract.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';
import { KIND_CODE, type AttemptTable, type RowSubset } from '../../calibrate/attempt-table.ts';
import { blankAttemptTable, codeIn, type WritableAttemptTable } from '../../calibrate/blank-attempt-table.ts';
import { EVENT, EventQueue } from '../../replay/event-queue.ts';
import type { Scenario } from '../../scenario.ts';
import { lognormalFromUniform } from '../../statistics/normal-quantile.ts';
import type { AttemptPlan } from '../../twins/attempt-plan.ts';
import { createFleet } from '../../twins/fleet.ts';

export interface OpenLoop {
  readonly attempts: number;
  /** Mean of the exponential gaps between attempts, ms. */
  readonly gapMs: number;
  /** The rate swings up and down by this factor, once in so many ms; null: it is steady. */
  readonly swing: { readonly factor: number; readonly periodMs: number } | null;
  /** Lognormal tokens. */
  readonly input: { readonly median: number; readonly sigma: number };
  readonly output: { readonly median: number; readonly sigma: number };
  readonly streamShare: number;
  /** Sessions that go on at once, each always at the same target; 0 = none. */
  readonly sessions: number;
  /** Attempts without a first token by then are cut; Infinity: none. */
  readonly firstTokenTimeoutMs: number;
  /** This share of clients leaves earlier, evenly between 0.2 and 2 times `patienceMs`. */
  readonly impatientShare: number;
  readonly patienceMs: number;
}

export const STEADY_LOAD: OpenLoop = {
  attempts: 2_000,
  gapMs: 1_000,
  swing: null,
  input: { median: 800, sigma: 0.9 },
  output: { median: 150, sigma: 0.7 },
  streamShare: 0.8,
  sessions: 0,
  firstTokenTimeoutMs: Infinity,
  impatientShare: 0,
  patienceMs: 1_000,
};

const MS_PER_HOUR = 3_600_000;
const PURPOSE = 9_100;

/** Sends attempts to the targets in turn drawn by the seed, whatever becomes of the ones before. */
export function fleetAttempts(
  scenario: Scenario,
  targetIds: readonly string[],
  load: OpenLoop,
  seed: number,
): AttemptTable {
  const fleet = createFleet(scenario, targetIds, seed);
  const ends = new EventQueue();
  const startedAtMs = scenario.startHour * MS_PER_HOUR;
  const table = { ...blankAttemptTable(scenario.name, targetIds, load.attempts), startedAtMs };
  const draw = (row: number, what: number): number => drawUniform(seed, row, what, PURPOSE);
  let nowMs = 0;
  for (let row = 0; row < load.attempts; row++) {
    nowMs += (-load.gapMs * Math.log(1 - draw(row, 0))) / rateFactor(load, nowMs);
    while (ends.size > 0 && ends.timeMs <= nowMs) {
      const { slot, timeMs } = ends;
      ends.pop();
      fleet.end(table.target[slot]!, timeMs);
    }
    const session = load.sessions === 0 ? 0 : 1 + Math.floor(draw(row, 1) * load.sessions);
    const target = Math.floor((session === 0 ? draw(row, 2) : draw(session, 3)) * targetIds.length);
    const inputTokens = Math.ceil(lognormalFromUniform(draw(row, 4), load.input.median, load.input.sigma));
    const outputTokens = Math.ceil(lognormalFromUniform(draw(row, 5), load.output.median, load.output.sigma));
    const stream = draw(row, 6) < load.streamShare;
    const request = {
      requestId: `r${row}`,
      requestKey: Math.floor(draw(row, 7) * 4_294_967_296),
      inputTokens,
      outputTokens,
      stream,
      sessionKey: session,
      prefixBlocks: null,
    };
    table.target[row] = target;
    table.sentAtMs[row] = nowMs;
    table.stream[row] = stream ? 1 : 0;
    table.askedInputTokens[row] = inputTokens;
    table.session[row] = session;
    table.othersInFlight[row] = fleet.inFlight(target);
    const plan = fleet.attempt(target, request, 1, nowMs);
    const leaves = draw(row, 8) < load.impatientShare;
    const patienceMs = leaves ? (0.2 + 1.8 * draw(row, 9)) * load.patienceMs : Infinity;
    const cutAfterMs = Math.min(patienceMs, load.firstTokenTimeoutMs);
    if (Math.min(plan.producesFromMs, plan.durationMs) <= cutAfterMs) logPlan(table, row, plan);
    else if (patienceMs < load.firstTokenTimeoutMs) logCut(table, row, 'cancelled', 'client_left', cutAfterMs);
    else logCut(table, row, 'timeout', 'first_token_timeout', cutAfterMs);
    ends.push(nowMs + table.durationMs[row]!, EVENT.end, row, row);
  }
  return table;
}

function rateFactor({ swing }: OpenLoop, nowMs: number): number {
  return swing === null ? 1 : swing.factor ** Math.sin((2 * Math.PI * nowMs) / swing.periodMs);
}

function logPlan(table: WritableAttemptTable, row: number, plan: AttemptPlan): void {
  table.kind[row] = KIND_CODE[plan.kind];
  table.status[row] = plan.status ?? 0;
  table.errorCode[row] = codeIn(table.errorCodes, plan.errorCode ?? '');
  table.firstTokenMs[row] = plan.firstTokenMs ?? NaN;
  table.durationMs[row] = plan.durationMs;
  table.inputTokens[row] = plan.inputTokens;
  table.outputTokens[row] = plan.outputTokens;
  table.cacheReadTokens[row] = plan.cacheReadTokens;
  table.cacheWriteTokens[row] = plan.cacheWriteTokens;
  table.costMicroUsd[row] = plan.costMicroUsd;
  table.retryAfterMs[row] = plan.retryAfterMs ?? NaN;
}

/** Before the first token, so nothing was produced and nothing is billed. */
function logCut(table: WritableAttemptTable, row: number, kind: OutcomeKind, errorCode: string, afterMs: number): void {
  table.kind[row] = KIND_CODE[kind];
  table.errorCode[row] = codeIn(table.errorCodes, errorCode);
  table.durationMs[row] = afterMs;
}

export function allRowsOf(table: AttemptTable): RowSubset {
  return Uint32Array.from({ length: table.rows }, (_, row) => row);
}
