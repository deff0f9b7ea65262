/** What users of a few generated sessions write into their messages to steer them, from turn to turn. */
import type { Instruction } from '../../src/router/index.ts';
import { drawUniform } from '../../src/router/keyed-draw.ts';
import { DATASET_DRAW } from '../draw-purpose.ts';
import type { GeneratorSettings } from './settings.ts';

type InstructionSettings = NonNullable<GeneratorSettings['instructions']>;

/** How often each is what a session is steered by. */
const SCRIPTS = [
  { kind: 'sticky', weight: 0.35 },
  { kind: 'disable', weight: 0.25 },
  { kind: 'force', weight: 0.25 },
  { kind: 'allow', weight: 0.15 },
] as const;
/** Probability that a user who means to say something says it at this turn rather than at a later one. */
const SAY_NOW = 0.6;
/** Probability, at each later turn of the user, that what was said is taken back. */
const TAKE_BACK = 0.2;
/** Share of bans that are lifted by name; the others go with everything else that was said. */
const LIFTED_BY_NAME = 0.5;

const NOTHING: readonly Instruction[] = Object.freeze([]);
const CLEAR: Instruction = { kind: 'clear', name: '' };

/** How far a steered session has come. */
export interface SessionInstructions {
  readonly main: Instruction;
  step: 'unsaid' | 'said' | 'over';
  /** Of the user's latest message: they act again at each request that goes on from it. */
  latest: readonly Instruction[];
}

/**
 * Whether a session is steered, and by what: to stick to an address, to do without one, to stay with a provider, or to
 * go elsewhere for one message.
 *
 * @param owner index of the session's first request
 */
export function beginInstructions(
  settings: InstructionSettings,
  seed: number,
  owner: number,
): SessionInstructions | null {
  if (!(drawUniform(seed, owner, 0, DATASET_DRAW.steered) < settings.sessionShare)) return null;
  const scripts = SCRIPTS.map(({ kind, weight }) => ({ kind, weight, names: namesFor(kind, settings.steerTo) })).filter(
    ({ names }) => names.length > 0,
  );
  const total = scripts.reduce((sum, { weight }) => sum + weight, 0);
  const u = drawUniform(seed, owner, 0, DATASET_DRAW.steerKind) * total;
  let upTo = 0;
  const script = scripts.find(({ weight }) => u < (upTo += weight)) ?? scripts.at(-1);
  const place = drawUniform(seed, owner, 0, DATASET_DRAW.steerTo) * (script?.names.length ?? 0);
  const name = script?.names[Math.floor(place)];
  if (script === undefined || name === undefined) return null;
  return { main: { kind: script.kind, name }, step: 'unsaid', latest: NOTHING };
}

/** Only parts of a provider can be forced or stuck to, and only whole providers allowed. */
function namesFor(kind: (typeof SCRIPTS)[number]['kind'], steerTo: readonly string[]): readonly string[] {
  switch (kind) {
    case 'disable':
      return steerTo;
    case 'force':
    case 'sticky':
      return steerTo.filter((name) => name.includes('.'));
    case 'allow':
      return [...new Set(steerTo.map((name) => name.split('.', 1)[0] ?? name))];
  }
}

/**
 * The instructions that the request with this index carries: those of the user's latest message, this one included.
 *
 * @param session moves on
 */
export function nextInstructions(
  session: SessionInstructions,
  byUser: boolean,
  seed: number,
  index: number,
): readonly Instruction[] {
  if (!byUser) return session.latest;
  const u = drawUniform(seed, index, 0, DATASET_DRAW.steerTurn);
  session.latest = NOTHING;
  if (session.step === 'unsaid' && u < SAY_NOW) {
    session.latest = [session.main];
    session.step = session.main.kind === 'force' ? 'over' : 'said';
  } else if (session.step === 'said' && u < TAKE_BACK) {
    const { kind, name } = session.main;
    session.latest = [kind === 'disable' && u < TAKE_BACK * LIFTED_BY_NAME ? { kind: 'enable', name } : CLEAR];
    session.step = 'over';
  }
  return session.latest;
}
