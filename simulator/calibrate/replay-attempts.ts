/**
 * Plays the attempts of a log again, open loop: the same targets, times, tokens, sessions and streams, through the real
 * fleet of a scenario. No router decides and nobody retries, so what differs from the log is the twins' doing alone.
 */
import { BadInput } from '../../src/config/bad-input.ts';
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../src/router/keyed-draw.ts';
import type { Policy } from '../../src/router/policy.ts';
import { endOfAttempt, outcomeOfAttempt, type EndingAttempt } from '../replay/attempt-end.ts';
import { EVENT, EventQueue } from '../replay/event-queue.ts';
import type { ClientBehaviour, Scenario } from '../scenario.ts';
import { createFleet } from '../twins/fleet.ts';
import { KIND_CODE, type AttemptTable, type RowSubset } from './attempt-table.ts';
import { emptyOutcomes, OutcomeWriter } from './outcome-writer.ts';

const OUTPUT_TOKENS_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 440;
const SUCCESS = KIND_CODE.success;
const CANCELLED = KIND_CODE.cancelled;

/** Attempts sent this long before the first wanted one are played too, so that it does not meet an idle world. */
const WARM_UP_MS = 600_000;

/**
 * The rows with what came of them in the scenario, in their order. Time 0 of the scenario is that of the table. All
 * attempts of the log between the first and the last row are played, so that load, limits and caches are whole even if
 * the rows are only some of them, and so are those of the ten minutes before.
 *
 * What the log does not know is put in: input tokens of what failed are those asked for; output tokens of what did
 * not end well are drawn from the twin's successes, from those that are no shorter than what had come already. A
 * client that left the attempt of the log leaves at the same age again, unless the attempt is over by then.
 *
 * @param rows ascending
 * @param seed a safe integer; another seed is another replicate
 * @throws BadInput when a row's target is not in the scenario, or has no twin there
 */
export function replayAttempts(
  table: AttemptTable,
  rows: RowSubset,
  scenario: Scenario,
  seed: number,
  timeouts: Policy['timeouts'],
): AttemptTable {
  const writer = new OutcomeWriter(emptyOutcomes(table, rows));
  if (rows.length === 0) return writer.table;
  const places = placesInFleet(table, rows, scenario);
  const fleet = createFleet(scenario, places.targetIds, seed);
  const drawOutputTokens = outputTokensOf(table, seed);
  const ends = new EventQueue();
  const placeBySlot: number[] = [];
  const freeSlots: number[] = [];
  const sought = {
    requestId: '',
    requestKey: 0,
    inputTokens: 0,
    outputTokens: 0,
    stream: false,
    sessionKey: 0,
    prefixBlocks: null as readonly number[] | null,
  };
  const inFlight = { row: sought, arrivedAtMs: 0, sentAtMs: 0, plan: null, endsBy: 'plan' } as {
    -readonly [K in keyof EndingAttempt]: EndingAttempt[K];
  };

  let wanted = 0;
  for (let row = warmUpRow(table, rows[0]!); row <= rows[rows.length - 1]!; row++) {
    const isWanted = row === rows[wanted];
    const place = places.ofTarget[table.target[row]!]!;
    if (place < 0) continue;
    const nowMs = table.sentAtMs[row]!;
    // What ends makes room for what begins at the same time, as in a replay with the router.
    while (ends.size > 0 && ends.timeMs <= nowMs) {
      const { slot, timeMs } = ends;
      ends.pop();
      fleet.end(placeBySlot[slot]!, timeMs);
      freeSlots.push(slot);
    }
    sought.requestKey = row;
    sought.inputTokens = inputTokensOf(table, row);
    sought.outputTokens = drawOutputTokens(row);
    sought.stream = table.stream[row] === 1;
    sought.sessionKey = table.session[row]!;
    sought.prefixBlocks = table.prefixBlocks?.[row] ?? null;
    const othersInFlight = fleet.inFlight(place);
    inFlight.arrivedAtMs = nowMs;
    inFlight.sentAtMs = nowMs;
    inFlight.plan = fleet.attempt(place, sought, 1, nowMs);
    const endsAtMs = nowMs + endOfAttempt(inFlight, timeouts, clientsOf(table, row, scenario.clients));
    const slot = freeSlots.pop() ?? placeBySlot.length;
    placeBySlot[slot] = place;
    ends.push(endsAtMs, EVENT.end, row, slot);
    if (!isWanted) continue;
    writer.write(wanted, outcomeOfAttempt(inFlight, fleet, endsAtMs), othersInFlight);
    wanted++;
  }
  return writer.table;
}

/** Input of an attempt, tokens: as counted, or as estimated where nothing was counted. */
export function inputTokensOf(table: AttemptTable, row: number): number {
  const counted = table.inputTokens[row]!;
  return counted > 0 ? counted : table.askedInputTokens[row]!;
}

/** The first row that is played for the sake of the first wanted one. */
function warmUpRow(table: AttemptTable, first: number): number {
  let row = first;
  while (row > 0 && table.sentAtMs[row - 1]! >= table.sentAtMs[first]! - WARM_UP_MS) row--;
  return row;
}

/** Targets that the scenario has, and the place of each of the table's among them; -1 for the others. */
function placesInFleet(
  table: AttemptTable,
  rows: RowSubset,
  scenario: Scenario,
): { readonly targetIds: readonly string[]; readonly ofTarget: readonly number[] } {
  const known = new Set(scenario.pool.targets.map(({ id }) => id));
  const targetIds = table.targets.map(({ id }) => id).filter((id) => known.has(id));
  const ofTarget = table.targets.map(({ id }) => targetIds.indexOf(id));
  const lost = rows.find((row) => ofTarget[table.target[row]!]! < 0);
  if (lost !== undefined) {
    const { id } = table.targets[table.target[lost]!]!;
    throw new BadInput(`${table.name}: attempts went to ${id}, which scenario ${scenario.name} does not have; add it`);
  }
  return { targetIds, ofTarget };
}

function clientsOf(table: AttemptTable, row: number, clients: ClientBehaviour): ClientBehaviour {
  if (table.kind[row] !== CANCELLED) return clients;
  return { ...clients, totalTimeoutMs: Math.min(table.durationMs[row]!, clients.totalTimeoutMs ?? Infinity) };
}

/** Tokens of the answer in full: as logged for a success, else drawn from the successes of the twin, keyed by the row. */
function outputTokensOf(table: AttemptTable, seed: number): (row: number) => number {
  const lists: number[][] = table.twins.map(() => []);
  for (let row = 0; row < table.rows; row++) {
    if (table.kind[row] === SUCCESS) lists[table.targets[table.target[row]!]!.twin]!.push(table.outputTokens[row]!);
  }
  const ofTwins = lists.map((list) => Float64Array.from(list).sort());
  return (row) => {
    const known = table.outputTokens[row]!;
    if (table.kind[row] === SUCCESS) return known;
    const successes = ofTwins[table.targets[table.target[row]!]!.twin]!;
    const first = firstAtLeast(successes, known);
    if (first === successes.length) return Math.max(1, known);
    const draw = drawUniform(seed, row, 0, OUTPUT_TOKENS_PURPOSE);
    return successes[first + Math.floor(draw * (successes.length - first))]!;
  };
}

/** Place of the first value that is >= `least`; the length when there is none. */
function firstAtLeast(sorted: Float64Array, least: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! >= least) high = middle;
    else low = middle + 1;
  }
  return low;
}
