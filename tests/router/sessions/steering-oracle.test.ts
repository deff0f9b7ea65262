/** Random conversations held against the rules of B.6 and B.7 as a few lines of sets, with nothing of the core in them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressedTargets,
  type Command,
  type Instruction,
  type InstructionKind,
  type RouterRequest,
} from '../../../src/router/index.ts';
import { clientOf, routedPool, signalsOf, steeringOf } from '../routed-pool.ts';
import { CANCELLED } from '../small-pool.ts';
import { tryOut } from '../trial.ts';

/** Two tiers, a route in front of them, and targets that no route names. */
const TIERS = { coding: ['a.one.x', 'b.one.y'], first: ['a.one.x', 'a.two.x', 'b.one.x'], last: ['c.one.x'] };
const POOL = routedPool(
  { default: [TIERS.first, TIERS.last], coding: [TIERS.coding] },
  { 'a.two.y': {}, 'c.one.y': {}, 'c.two.x': {} },
  { clientKeys: [clientOf('anyone', {}), clientOf('guest', { routes: ['default'] })] },
);
const ADDRESSES = addressedTargets(POOL);
const REACH: Readonly<Record<string, readonly string[]>> = {
  anyone: POOL.targets.map(({ id }) => id),
  guest: [...TIERS.first, ...TIERS.last],
};
const NAMES = ['a', 'b', 'c', 'a.1', 'a.2', 'c.2', 'a.x', 'a.y', 'c.x', 'b.one', 'a.two.x', 'c.one.y', 'nobody'];
const KINDS: readonly InstructionKind[] = ['force', 'sticky', 'allow', 'disable', 'enable', 'clear'];

interface Message {
  readonly clientKey: string;
  readonly session: number;
  readonly isCoding: boolean;
  readonly instructions: readonly Instruction[];
  readonly bans: readonly string[];
}

const message: fc.Arbitrary<Message> = fc.record({
  clientKey: fc.constantFrom('anyone', 'guest'),
  session: fc.nat(1),
  isCoding: fc.boolean(),
  instructions: fc.oneof(
    fc.constant<Instruction[]>([]),
    fc.array(fc.record({ kind: fc.constantFrom(...KINDS), name: fc.constantFrom(...NAMES) }), {
      minLength: 1,
      maxLength: 4,
    }),
  ),
  bans: fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>([]) },
    fc.array(fc.constantFrom(...NAMES), { maxLength: 2 }),
  ),
});

interface Memory {
  sticky: string | null;
  allowed: readonly string[];
  disabled: readonly string[];
}

/** The targets one of which has to be chosen; null: the request is refused for a name. */
function allowedBy(memories: Map<number, Memory>, { clientKey, session, isCoding, instructions, bans }: Message) {
  const ids = (name: string): readonly string[] => ADDRESSES.get(name) ?? [];
  if (instructions.some(({ kind, name }) => kind !== 'clear' && !ADDRESSES.has(name))) return null;
  if (bans.some((name) => !ADDRESSES.has(name))) return null;
  const memory: Memory = { ...(memories.get(session) ?? { sticky: null, allowed: [], disabled: [] }) };
  let forced: string | null = null;
  const first = (kind: InstructionKind, index: number): boolean =>
    instructions.findIndex((each) => each.kind === kind) === index;
  for (const [index, { kind, name }] of instructions.entries()) {
    if (kind === 'force') forced = name;
    if (kind === 'sticky') [memory.sticky, forced] = [name, null];
    if (kind === 'allow') memory.allowed = [...(first(kind, index) ? [] : memory.allowed), name];
    if (kind === 'disable') memory.disabled = [...(first(kind, index) ? [] : memory.disabled), name];
    if (kind === 'enable')
      memory.disabled = memory.disabled.filter((ban) => ids(ban).some((id) => !ids(name).includes(id)));
    if (kind === 'clear') [memory.sticky, memory.allowed, memory.disabled, forced] = [null, [], [], null];
  }
  memories.set(session, memory);

  const reach = REACH[clientKey]!;
  const isOpen = (id: string): boolean => ![...memory.disabled, ...bans].some((name) => ids(name).includes(id));
  const isListed = (id: string): boolean =>
    memory.allowed.length === 0 || memory.allowed.some((name) => ids(name).includes(id));
  const isOfCoding = isCoding && clientKey === 'anyone';
  const tiers = [...(isOfCoding ? [TIERS.coding] : []), TIERS.first, TIERS.last];
  const usual = tiers.flat();
  const named = (name: string): readonly string[] => {
    const all = ids(name);
    const isModel = new Set(all.map((id) => id.split('.')[2])).size === 1;
    const common = all.filter((id) => usual.includes(id));
    return (isModel || common.length === 0 ? all : common).filter((id) => isOpen(id) && reach.includes(id));
  };
  if (forced !== null) return named(forced);
  const kept = memory.sticky === null ? [] : named(memory.sticky).filter(isListed);
  if (kept.length > 0) return kept;
  // What a sticky names and the client may not have is no route's business either: every route is within its reach.
  return tiers.map((tier) => tier.filter((id) => isOpen(id) && isListed(id))).find((tier) => tier.length > 0) ?? [];
}

function requestOf({ clientKey, session, isCoding, instructions, bans }: Message): Partial<RouterRequest> {
  const signals = signalsOf({ lastTool: isCoding ? 'write' : null });
  return { clientKey, steering: steeringOf({ scopeId: `s${session}`, signals, instructions, bans }) };
}

function eligible(command: Command): readonly string[] | null {
  if (command.kind === 'wait') throw new Error('nobody is busy here');
  if (command.decision === null) return null;
  return command.decision.candidates!.filter(({ rejection }) => rejection === null).map(({ target }) => target);
}

describe('B.6 and B.7 in random conversations', () => {
  it('are served by exactly those whom the rules allow', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
        const trial = tryOut(POOL);
        const memories = new Map<number, Memory>();
        for (const [index, each] of messages.entries()) {
          const command = trial.begin(`m${index}`, requestOf(each))[0]!;
          const expected = allowedBy(memories, each);
          expect(eligible(command)?.toSorted() ?? null).toEqual(
            expected === null ? null : [...new Set(expected)].toSorted(),
          );
          if (command.kind === 'send') trial.end(command, CANCELLED);
        }
      }),
      { seed: 4_2026, numRuns: 1_500 },
    );
  });
});
