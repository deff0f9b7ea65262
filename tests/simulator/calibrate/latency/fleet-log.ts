/** Logs of attempts at the real fleet, as columns: what the fits are tried on, with known twins behind them. */
import type { AttemptTable, RowSubset } from '../../../../simulator/calibrate/attempt-table.ts';
import { KIND_CODE } from '../../../../simulator/calibrate/attempt-table.ts';
import type { TwinDefinition } from '../../../../simulator/scenario.ts';
import { normalFromUniform } from '../../../../simulator/statistics/normal-quantile.ts';
import { createFleet } from '../../../../simulator/twins/fleet.ts';
import type { OutcomeKind } from '../../../../src/router/contract.ts';
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../../../src/router/keyed-draw.ts';
import { requestOf, smallScenario } from '../../twins/small-scenario.ts';

const PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 950;

/** Steps of a table's columns that tests write by hand. */
export interface LoggedAttempt {
  readonly sentAtMs: number;
  readonly kind?: OutcomeKind;
  readonly errorCode?: string;
  readonly stream?: boolean;
  readonly firstTokenMs?: number | null;
  readonly durationMs: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadTokens?: number;
  readonly askedInputTokens?: number;
  readonly othersInFlight?: number;
}

/** One target and one twin; rows in the order given. */
export function tableOf(attempts: readonly LoggedAttempt[], startedAtMs: number | null = null): AttemptTable {
  const errorCodes = ['', ...new Set(attempts.flatMap(({ errorCode }) => errorCode ?? []))];
  const column = (of: (attempt: LoggedAttempt) => number): Float64Array => Float64Array.from(attempts, of);
  return {
    name: 'test',
    rows: attempts.length,
    targets: [{ id: 'aurora.first.large', provider: 'aurora', key: 'aurora.first', model: 'large', twin: 0 }],
    twins: [{ provider: 'aurora', model: 'large' }],
    errorCodes,
    startedAtMs,
    target: new Uint16Array(attempts.length),
    sentAtMs: column((one) => one.sentAtMs),
    kind: Uint8Array.from(attempts, (one) => KIND_CODE[one.kind ?? 'success']),
    status: new Uint16Array(attempts.length),
    errorCode: Uint16Array.from(attempts, (one) => errorCodes.indexOf(one.errorCode ?? '')),
    stream: Uint8Array.from(attempts, (one) => (one.stream === false ? 0 : 1)),
    firstTokenMs: column((one) => one.firstTokenMs ?? NaN),
    durationMs: column((one) => one.durationMs),
    inputTokens: column((one) => one.inputTokens ?? 0),
    outputTokens: column((one) => one.outputTokens ?? 0),
    cacheReadTokens: column((one) => one.cacheReadTokens ?? 0),
    cacheWriteTokens: column(() => 0),
    askedInputTokens: column((one) => one.askedInputTokens ?? one.inputTokens ?? 0),
    costMicroUsd: column(() => 0),
    retryAfterMs: column(() => NaN),
    session: new Uint32Array(attempts.length),
    othersInFlight: Uint16Array.from(attempts, (one) => one.othersInFlight ?? 0),
    prefixBlocks: null,
  };
}

export function allRows(table: AttemptTable): RowSubset {
  return Uint32Array.from({ length: table.rows }, (_, row) => row);
}

export interface Traffic {
  readonly hours: number;
  /** Requests a second on average; the rate swings threefold up and down over 40 minutes. */
  readonly perSecond: number;
  /** Attempts without a first token by then are cut. */
  readonly firstTokenTimeoutMs: number;
  /** This share of clients leaves earlier, evenly between 0.2 and 2 times `impatienceMs`. */
  readonly impatientShare: number;
  readonly impatienceMs: number;
  readonly stream: boolean;
  readonly startHour: number;
}

export const CALM_TRAFFIC: Traffic = {
  hours: 6,
  perSecond: 0.5,
  firstTokenTimeoutMs: 60_000,
  impatientShare: 0,
  impatienceMs: 1_000,
  stream: true,
  startHour: 0,
};

/** Sends traffic to one twin of the fleet and logs what comes back. */
export function fleetLog(twin: Partial<TwinDefinition>, traffic: Traffic, seed: number): AttemptTable {
  const scenario = { ...smallScenario({ twin }), startHour: traffic.startHour };
  const fleet = createFleet(scenario, ['aurora.first.large'], seed);
  const draw = (key: number, salt: number): number => drawUniform(seed, key, salt, PURPOSE);
  const endsAt: number[] = [];
  const attempts: LoggedAttempt[] = [];
  let nowMs = 0;
  for (let key = 1; ; key++) {
    const swing = 3 ** Math.sin((2 * Math.PI * nowMs) / 2_400_000);
    nowMs += (-Math.log1p(-draw(key, 1)) * 1_000) / (traffic.perSecond * swing);
    if (nowMs > traffic.hours * 3_600_000) break;
    for (; endsAt.length > 0 && endsAt[0]! <= nowMs; endsAt.shift()) fleet.end(0, endsAt[0]!);
    const inputTokens = Math.round(1_500 * Math.exp(1.1 * normalFromUniform(draw(key, 2))));
    const outputTokens = 1 + Math.round(120 * Math.exp(0.8 * normalFromUniform(draw(key, 3))));
    const othersInFlight = fleet.inFlight(0);
    const plan = fleet.attempt(
      0,
      requestOf({ requestId: String(key), requestKey: key, inputTokens, outputTokens, stream: traffic.stream }),
      1,
      nowMs,
    );
    const leaves = draw(key, 4) < traffic.impatientShare;
    const patienceMs = leaves ? (0.2 + 1.8 * draw(key, 5)) * traffic.impatienceMs : Infinity;
    const cutMs = Math.min(patienceMs, traffic.firstTokenTimeoutMs);
    const isCut = plan.producesFromMs > cutMs;
    const durationMs = isCut ? cutMs : plan.durationMs;
    attempts.push({
      sentAtMs: nowMs,
      othersInFlight,
      stream: traffic.stream,
      askedInputTokens: inputTokens,
      durationMs,
      ...(isCut
        ? { kind: leaves ? 'cancelled' : 'timeout', errorCode: leaves ? 'client_left' : 'first_token_timeout' }
        : { kind: plan.kind, firstTokenMs: plan.firstTokenMs, inputTokens, outputTokens: plan.outputTokens }),
    });
    const end = nowMs + durationMs;
    let place = endsAt.length;
    while (place > 0 && endsAt[place - 1]! > end) place--;
    endsAt.splice(place, 0, end);
  }
  return tableOf(attempts, traffic.startHour * 3_600_000);
}
