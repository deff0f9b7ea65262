/** Attempts sent to the real fleet at known times, logged as a table: the ground on which fits have to find its twins. */
import { drawUniform } from '../../../src/router/keyed-draw.ts';
import { KIND_CODE, type AttemptTable } from '../../../simulator/calibrate/attempt-table.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { lognormalFromUniform } from '../../../simulator/statistics/normal-quantile.ts';
import type { AttemptPlan } from '../../../simulator/twins/attempt-plan.ts';
import { createFleet } from '../../../simulator/twins/fleet.ts';

export interface OpenLoop {
  readonly attempts: number;
  /** Mean of the exponential gaps between attempts, ms. */
  readonly gapMs: number;
  /** Lognormal tokens. */
  readonly input: { readonly median: number; readonly sigma: number };
  readonly output: { readonly median: number; readonly sigma: number };
  readonly streamShare: number;
  /** Sessions that go on at once, each always at the same target; 0 = none. */
  readonly sessions: number;
}

export const STEADY_LOAD: OpenLoop = {
  attempts: 2_000,
  gapMs: 1_000,
  input: { median: 800, sigma: 0.9 },
  output: { median: 150, sigma: 0.7 },
  streamShare: 0.8,
  sessions: 0,
};

const PURPOSE = 9_100;

/** Sends attempts to the targets in turn drawn by the seed, whatever becomes of the ones before. */
export function fleetAttempts(
  scenario: Scenario,
  targetIds: readonly string[],
  load: OpenLoop,
  seed: number,
): AttemptTable {
  const fleet = createFleet(scenario, targetIds, seed);
  const ends = createEnds();
  const table = emptyTable(scenario.name, targetIds, load.attempts);
  const draw = (row: number, what: number): number => drawUniform(seed, row, what, PURPOSE);
  let nowMs = 0;
  for (let row = 0; row < load.attempts; row++) {
    nowMs += -load.gapMs * Math.log(1 - draw(row, 0));
    for (let end = ends.takeUntil(nowMs); end !== null; end = ends.takeUntil(nowMs)) fleet.end(end.target, end.atMs);
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
    const plan = fleet.attempt(target, request, 1, nowMs);
    ends.add(nowMs + plan.durationMs, target);
    logAttempt(table, row, target, nowMs, plan, stream, inputTokens, session);
  }
  return table;
}

type WritableTable = AttemptTable & { readonly errorCodes: string[] };

function logAttempt(
  table: WritableTable,
  row: number,
  target: number,
  nowMs: number,
  plan: AttemptPlan,
  stream: boolean,
  askedInputTokens: number,
  session: number,
): void {
  const code = plan.errorCode ?? '';
  if (!table.errorCodes.includes(code)) table.errorCodes.push(code);
  table.target[row] = target;
  table.sentAtMs[row] = nowMs;
  table.kind[row] = KIND_CODE[plan.kind];
  table.status[row] = plan.status ?? 0;
  table.errorCode[row] = table.errorCodes.indexOf(code);
  table.stream[row] = stream ? 1 : 0;
  table.firstTokenMs[row] = plan.firstTokenMs ?? NaN;
  table.durationMs[row] = plan.durationMs;
  table.inputTokens[row] = plan.inputTokens;
  table.outputTokens[row] = plan.outputTokens;
  table.cacheReadTokens[row] = plan.cacheReadTokens;
  table.cacheWriteTokens[row] = plan.cacheWriteTokens;
  table.askedInputTokens[row] = askedInputTokens;
  table.costMicroUsd[row] = plan.costMicroUsd;
  table.retryAfterMs[row] = plan.retryAfterMs ?? NaN;
  table.session[row] = session;
}

/** A table of so many rows that say nothing yet; targets are `provider.key.model`. */
export function emptyTable(name: string, targetIds: readonly string[], rows: number): WritableTable {
  const twins: { provider: string; model: string }[] = [];
  const targets = targetIds.map((id) => {
    const [provider, alias, ...rest] = id.split('.') as [string, string, ...string[]];
    const model = rest.join('.');
    let twin = twins.findIndex((each) => each.provider === provider && each.model === model);
    if (twin < 0) twin = twins.push({ provider, model }) - 1;
    return { id, provider, key: `${provider}.${alias}`, model, twin };
  });
  return {
    name,
    rows,
    targets,
    twins,
    errorCodes: [''],
    startedAtMs: null,
    target: new Uint16Array(rows),
    sentAtMs: new Float64Array(rows),
    kind: new Uint8Array(rows),
    status: new Uint16Array(rows),
    errorCode: new Uint16Array(rows),
    stream: new Uint8Array(rows),
    firstTokenMs: new Float64Array(rows).fill(NaN),
    durationMs: new Float64Array(rows),
    inputTokens: new Float64Array(rows),
    outputTokens: new Float64Array(rows),
    cacheReadTokens: new Float64Array(rows),
    cacheWriteTokens: new Float64Array(rows),
    askedInputTokens: new Float64Array(rows),
    costMicroUsd: new Float64Array(rows),
    retryAfterMs: new Float64Array(rows).fill(NaN),
    session: new Uint32Array(rows),
    othersInFlight: new Uint16Array(rows),
    prefixBlocks: null,
  };
}

export function allRowsOf(table: AttemptTable): Uint32Array {
  return Uint32Array.from({ length: table.rows }, (_, row) => row);
}

/** Ends of attempts, soonest first: a binary heap. */
function createEnds() {
  const heap: { readonly atMs: number; readonly target: number }[] = [];
  function swap(a: number, b: number): void {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  }
  return {
    add(atMs: number, target: number): void {
      let place = heap.push({ atMs, target }) - 1;
      for (let above = (place - 1) >> 1; place > 0 && heap[above]!.atMs > atMs; above = (place - 1) >> 1) {
        swap(place, above);
        place = above;
      }
    },
    takeUntil(nowMs: number): { readonly atMs: number; readonly target: number } | null {
      const first = heap[0];
      if (first === undefined || first.atMs > nowMs) return null;
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
      for (let place = 0; ;) {
        let least = place;
        for (const below of [2 * place + 1, 2 * place + 2]) {
          if (below < heap.length && heap[below]!.atMs < heap[least]!.atMs) least = below;
        }
        if (least === place) return first;
        swap(place, least);
        place = least;
      }
    },
  };
}
