/** What a closed proxy has left in its log. */
import { expect } from 'vitest';
import { openLog } from '../../../src/log/log-reader.ts';
import { verifyLog, type ParityResult } from '../../../src/log/parity.ts';
import type { LogInput } from '../../../src/log/payload.ts';
import type { DecisionRow, OutcomeRow } from '../../../src/log/schema.ts';

export interface LoggedRows {
  readonly inputs: readonly LogInput[];
  readonly decisions: readonly DecisionRow[];
  readonly outcomes: readonly OutcomeRow[];
  readonly parity: ParityResult;
  readonly notes: readonly string[];
}

const IDS_AT_ONCE = 1_000;

/** Everything, and whether the core decides the same again. */
export async function readLogged(folder: string): Promise<LoggedRows>;
export async function readLogged(
  folder: string,
  options: { readonly verifies: false },
): Promise<Omit<LoggedRows, 'parity'>>;
export async function readLogged(folder: string, { verifies = true } = {}): Promise<Omit<LoggedRows, 'parity'>> {
  const reader = await openLog(folder);
  try {
    const inputs: LogInput[] = [];
    for await (const input of reader.inputs()) inputs.push(input);
    const decisions: DecisionRow[] = [];
    for await (const row of reader.decisions()) decisions.push(row);
    const ids = requestIds(inputs);
    const outcomes: OutcomeRow[] = [];
    for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
      outcomes.push(...(await reader.outcomesOf(...ids.slice(from, from + IDS_AT_ONCE))));
    }
    outcomes.sort((a, b) => a.sequence - b.sequence);
    const rows = { inputs, decisions, outcomes, notes: reader.notes };
    return verifies ? Object.assign(rows, { parity: await verifyLog(reader) }) : rows;
  } finally {
    reader.close();
  }
}

/** Every decision comes out the same, and no input is missing. */
export function expectParity({ inputs, parity }: Pick<LoggedRows, 'inputs' | 'parity'>): void {
  expect(parity).toEqual({ decisions: parity.decisions, identical: parity.decisions, firstDifference: null });
  expect(inputs.findIndex(({ sequence }, index) => sequence !== index)).toBe(-1);
}

/** What a client saw of the end of its request. */
export interface SeenEnd {
  readonly requestId: string;
  readonly attempts: number;
  /** Null when nothing was sent. */
  readonly target: string | null;
}

export function seenEnd({ headers }: Pick<Response, 'headers'>): SeenEnd {
  return {
    requestId: headers.get('x-token-pool-request-id') ?? '',
    attempts: Number(headers.get('x-token-pool-attempts')),
    target: headers.get('x-token-pool-target'),
  };
}

/** Those of the ends that lack a row: their arrival, or the decision or the outcome of one of their attempts. */
export function endsWithoutRows(
  { inputs, decisions, outcomes }: Pick<LoggedRows, 'inputs' | 'decisions' | 'outcomes'>,
  ends: Iterable<SeenEnd>,
): SeenEnd[] {
  const begun = new Set(requestIds(inputs));
  const decided = new Map(
    decisions.flatMap(({ request_id: id, attempt, chosen_target: target }) =>
      target === null ? [] : [[`${id}/${attempt}`, target]],
    ),
  );
  const ended = new Set(outcomes.map(({ request_id: id, attempt }) => `${id}/${attempt}`));
  return [...ends].filter(({ requestId, attempts, target }) => {
    if (!begun.has(requestId)) return true;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const key = `${requestId}/${attempt}`;
      if (!decided.has(key) || !ended.has(key)) return true;
      if (attempt === attempts && decided.get(key) !== target) return true;
    }
    return false;
  });
}

/** Decisions that chose a target which they themselves had rejected. */
export function rejectedChoices(decisions: readonly DecisionRow[]): DecisionRow[] {
  return decisions.filter(
    ({ chosen_target: chosen, candidates }) =>
      chosen !== null && candidates.some(({ target, rejection }) => target === chosen && rejection !== null),
  );
}

function requestIds(inputs: readonly LogInput[]): string[] {
  return inputs.flatMap((input) => (input.kind === 'begin' ? [input.payload.requestId] : []));
}
