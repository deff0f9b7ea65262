import { describe, expect, it } from 'vitest';
import {
  REJECTIONS,
  SELECTION_MODES,
  type Rejection,
  type RouterRequest,
  type SelectionMode,
} from '../../src/router/index.ts';
import { FAILED, LIMITED, outcomeOf, poolOf, targetOf, UNAUTHORISED, type TargetFacts } from './small-pool.ts';
import { onlyReject, onlySend, rejections, tryOut, type Trial } from './trial.ts';

const FAULTY = 'aurora.main.small';
const SIBLING = 'aurora.main.other';
const SOUND = 'borealis.main.small';

/** One way for the faulty target to be unfit, or several. */
interface Fault {
  readonly facts?: TargetFacts;
  readonly request?: Partial<RouterRequest>;
  /** Brings the router into the state in which the target is rejected. */
  readonly prepare?: (trial: Trial) => void;
  readonly slots?: number;
  readonly queueLimit?: number;
}

/** Small enough for a budget that the requests under test break. */
const TINY = { inputTokens: 1, maxOutputTokens: 1 };
/** Sends a request to the faulty target, by an alias of it alone, and keeps it there. */
const occupy = (trial: Trial): void => void trial.send('occupier', { ...TINY, model: 'faulty' });
const limit = (trial: Trial): void => void trial.serve('limited', { ...TINY, model: 'faulty' }, LIMITED);
const coolDown = (trial: Trial): void => void trial.order('cool', FAULTY, trial.nowMs + 50_000);
const disable = (trial: Trial): void => void trial.order('disable', FAULTY);

/** Fails often enough to trip with another attempt still in flight, so that the target is unhealthy, not yet cooling. */
function makeUnhealthy(trial: Trial): void {
  trial.send('lingering', { ...TINY, model: 'faulty' });
  for (let index = 0; index < 10; index++) trial.serve(`failing-${index}`, { ...TINY, model: 'faulty' }, FAILED);
  expect(trial.state(FAULTY)).toBe('unhealthy');
}

const FAULTS: Readonly<Record<Exclude<Rejection, 'excluded' | 'queue_full' | 'outranked'>, Fault>> = {
  disabled: { prepare: disable },
  not_capable: { facts: { capabilities: { tools: false } }, request: { hasTools: true } },
  cooldown: { prepare: coolDown },
  unhealthy: { prepare: makeUnhealthy },
  rate_limited: { prepare: limit },
  budget_exhausted: { facts: { budgets: [{ metric: 'tokens', window: '1m', limit: 1_499 }] } },
  busy: { slots: 1, prepare: occupy },
};

function trialWith(faults: readonly Fault[], mode: SelectionMode, explorationRate: number): Trial {
  const facts = Object.assign({}, ...faults.map((fault) => fault.facts ?? {})) as TargetFacts;
  const pool = poolOf([targetOf(FAULTY, facts), targetOf(SIBLING), targetOf(SOUND)], {
    keys: {
      'aurora.main': {
        concurrencyLimit: faults.find((fault) => fault.slots !== undefined)?.slots ?? null,
        queueLimit: faults.find((fault) => fault.queueLimit !== undefined)?.queueLimit ?? 10,
      },
    },
    modelAliases: { faulty: [FAULTY], both: [FAULTY, SOUND] },
  });
  return tryOut(pool, { mode, explorationRate });
}

/** Tries many requests, so that anything that could pick the faulty target would do so. */
function expectRejected(trial: Trial, faults: readonly Fault[], reason: Rejection): void {
  const facts = Object.assign({}, ...faults.map((fault) => fault.request ?? {})) as Partial<RouterRequest>;
  for (let index = 0; index < 40; index++) {
    const sent = trial.send(`tried-${index}`, { ...facts, model: 'both' });
    expect(rejections(sent)).toEqual({ [FAULTY]: reason, [SOUND]: null });
    expect(sent.target).toBe(SOUND);
    expect(sent.decision).toMatchObject({ eligible: 1, propensity: 1, explored: false });
    trial.end(sent, { inputTokens: 0, outputTokens: 0 });
  }
}

const CASES = Object.entries(FAULTS).map(([reason, fault]) => [reason as Rejection, fault] as const);
const MODES = SELECTION_MODES.flatMap((mode) => [0, 1].map((rate) => [mode, rate] as const));

describe.each(MODES)('in mode %s with exploration rate %d', (mode, explorationRate) => {
  it.each(CASES)('a target that is %s is never picked', (reason, fault) => {
    const trial = trialWith([fault], mode, explorationRate);
    fault.prepare?.(trial);
    expectRejected(trial, [fault], reason);
  });

  it('a target that is queue_full is never picked', () => {
    const fault: Fault = { slots: 1, queueLimit: 0 };
    const trial = trialWith([fault], mode, explorationRate);
    occupy(trial);
    expectRejected(trial, [fault], 'queue_full');
  });

  it('a target that was tried (excluded) is never picked', () => {
    const trial = trialWith([], mode, explorationRate);
    for (let index = 0; index < 20; index++) {
      const first = trial.send(`retried-${index}`, { model: 'both' });
      trial.end(first, { ...FAILED, status: null });
      const second = onlySend(trial.pass(6_000));
      expect(second.target).not.toBe(first.target);
      expect(rejections(second)[first.target]).toBe('excluded');
      trial.end(second);
      trial.pass(60_000);
    }
  });
});

describe('a target with several faults reports the first', () => {
  /** The filters in order; one target has one state, so disabled, cooldown and unhealthy exclude each other. */
  const order = [
    'disabled',
    'not_capable',
    'cooldown',
    'unhealthy',
    'rate_limited',
    'budget_exhausted',
    'busy',
  ] as const;
  const states: readonly string[] = ['disabled', 'cooldown', 'unhealthy'];
  const pairs = order
    .flatMap((first, index) => order.slice(index + 1).map((second) => [first, second] as const))
    .filter(([first, second]) => !(states.includes(first) && states.includes(second)))
    // The attempt that is limited gives its slot back, and nothing takes a slot of a limited key.
    .filter(([first, second]) => !(first === 'rate_limited' && second === 'busy'));

  it('in the order of the contract', () => {
    const others: readonly string[] = ['excluded', 'queue_full', 'outranked'];
    expect(REJECTIONS.filter((reason) => !others.includes(reason))).toEqual(order);
    expect(REJECTIONS.indexOf('excluded')).toBe(2);
    expect(REJECTIONS.indexOf('queue_full')).toBe(8);
    // No fault: what is fit, but not first in line.
    expect(REJECTIONS.indexOf('outranked')).toBe(9);
  });

  it.each(pairs)('%s before %s', (first, second) => {
    const faults = [FAULTS[first], FAULTS[second]];
    // While a target is unhealthy one attempt still lingers, so that a full key has two.
    const trial = trialWith(second === 'busy' ? [...faults, { slots: 2 }].reverse() : faults, 'ranked', 0);
    if (first === 'unhealthy' && second === 'rate_limited') {
      const limited = trial.send('limited', { ...TINY, model: 'faulty' });
      makeUnhealthy(trial);
      trial.end(limited, LIMITED);
    } else {
      if (second !== 'busy') FAULTS[second].prepare?.(trial);
      FAULTS[first].prepare?.(trial);
    }
    if (second === 'busy') {
      for (let index = first === 'unhealthy' ? 1 : 0; index < 2; index++)
        trial.send(`sibling-${index}`, { model: 'other' });
    }
    expectRejected(trial, faults, first);
  });

  it.each([
    ['rate_limited', LIMITED],
    ['cooldown', UNAUTHORISED],
  ])('excluded before %s', (_, outcome) => {
    const trial = trialWith([], 'ranked', 0);
    const first = trial.send('a', { model: 'both' });
    trial.end(first, outcome);
    expect(rejections(onlySend(trial.pass(200)))[first.target]).toBe('excluded');
  });

  it('disabled before excluded', () => {
    const trial = trialWith([], 'ranked', 0);
    const first = trial.send('a', { model: 'both' });
    trial.end(first, FAILED);
    trial.order('disable', first.target);
    expect(rejections(onlySend(trial.pass(200)))[first.target]).toBe('disabled');
  });
});

describe('capabilities', () => {
  const cases: readonly (readonly [string, TargetFacts, Partial<RouterRequest>, Partial<RouterRequest>])[] = [
    ['tools', { capabilities: { tools: false } }, { hasTools: true }, { hasTools: false }],
    ['vision', { capabilities: { vision: false } }, { hasImage: true }, { hasImage: false }],
    ['streaming', { capabilities: { streaming: false } }, { stream: true }, { stream: false }],
    ['the protocol', { protocols: ['openai', 'gemini'] }, { protocol: 'anthropic' }, { protocol: 'gemini' }],
    [
      'the context window, input and answer together',
      { contextTokens: 10_000 },
      { inputTokens: 9_000, maxOutputTokens: 1_001 },
      { inputTokens: 9_000, maxOutputTokens: 1_000 },
    ],
    [
      'the context window without a named maximum',
      { contextTokens: 10_000 },
      { inputTokens: 10_001, maxOutputTokens: null },
      { inputTokens: 10_000, maxOutputTokens: null },
    ],
    ['the longest answer', { maxOutputTokens: 400 }, { maxOutputTokens: 401 }, { maxOutputTokens: 400 }],
    ['a billion tokens', {}, { inputTokens: 1_000_000_000 }, { inputTokens: 1 }],
  ];

  it.each(cases)('%s', (_, facts, unfit, fit) => {
    const trial = tryOut(poolOf([targetOf(FAULTY, facts)]));
    const reject = onlyReject(trial.begin('unfit', unfit));
    expect(reject).toMatchObject({ code: 'UNSUPPORTED_REQUEST', status: 400, retryAfterMs: null });
    expect(rejections(reject)).toEqual({ [FAULTY]: 'not_capable' });
    expect(trial.send('fit', fit).target).toBe(FAULTY);
  });

  it.each(cases)('%s is no fault of the request when a target that is out would do', (_, facts, unfit) => {
    const trial = tryOut(poolOf([targetOf(FAULTY, facts), targetOf(SOUND, { contextTokens: 2e9 })]));
    trial.order('disable', SOUND);
    expect(onlyReject(trial.begin('later', unfit))).toMatchObject({ code: 'NO_AVAILABLE_PROVIDER', status: 503 });
    trial.order('enable', SOUND);
    expect(trial.send('now', unfit).target).toBe(SOUND);
  });

  it('are looked at target by target when only some lack something', () => {
    const trial = tryOut(poolOf([targetOf(FAULTY, { capabilities: { vision: false } }), targetOf(SOUND)]));
    for (let index = 0; index < 20; index++) expect(trial.serve(`r${index}`, { hasImage: true })).toBe(SOUND);
    expect(rejections(trial.send('plain'))).toEqual({ [FAULTY]: null, [SOUND]: null });
  });
});

describe('the candidates of a model name', () => {
  const pool = poolOf(
    [targetOf(SOUND), targetOf('aurora.main.v4.1'), targetOf('aurora.spare.v4.1'), targetOf(FAULTY)],
    {
      modelAliases: { best: [SOUND, 'aurora.spare.v4.1'], none: [] },
    },
  );
  const candidatesOf = (model: string): string[] => Object.keys(rejections(tryOut(pool).send('r', { model })));

  it.each([
    ['small', [FAULTY, SOUND]],
    ['v4.1', ['aurora.main.v4.1', 'aurora.spare.v4.1']],
    ['best', ['aurora.spare.v4.1', SOUND]],
    ['auto', ['aurora.main.small', 'aurora.main.v4.1', 'aurora.spare.v4.1', SOUND]],
  ])('%s', (model, expected) => {
    expect(candidatesOf(model)).toEqual([...expected].sort());
  });

  it('may be none', () => {
    const reject = onlyReject(tryOut(pool).begin('r', { model: 'none' }));
    expect(reject).toMatchObject({ code: 'NO_AVAILABLE_PROVIDER', retryAfterMs: null, decision: { candidates: [] } });
  });
});

describe('siblings of a key', () => {
  it('all rest after 401, and only they', () => {
    const trial = tryOut(poolOf([targetOf(FAULTY), targetOf(SIBLING), targetOf(SOUND)]));
    trial.serve('a', { model: 'other' }, UNAUTHORISED);
    expect([FAULTY, SIBLING, SOUND].map((target) => trial.state(target))).toEqual(['cooldown', 'cooldown', 'healthy']);
    expect(rejections(trial.send('b'))).toEqual({ [FAULTY]: 'cooldown', [SIBLING]: 'cooldown', [SOUND]: null });
    trial.router.observe(outcomeOf('b', 1), 0);
  });
});
