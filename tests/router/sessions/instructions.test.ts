import { describe, expect, it } from 'vitest';
import {
  addressedTargets,
  type Instruction,
  type InstructionKind,
  type SessionScope,
} from '../../../src/router/index.ts';
import {
  applyInstructions,
  NOT_INSTRUCTED,
  type AppliedInstructions,
  type SessionInstructions,
} from '../../../src/router/sessions/apply-instructions.ts';
import { instructionsOf, routedPool, steered, steeringOf, told, walk } from '../routed-pool.ts';
import { CANCELLED, poolOf, targetOf } from '../small-pool.ts';
import { onlyReject, rejections, tryOut, type Trial } from '../trial.ts';

type Told = readonly [InstructionKind, string];

/** Two providers of two keys each, with models of dots, and one that no route names. */
const ROUTED = ['glm.main.glm-4.7', 'glm.spare.glm-4.7', 'gpt.main.gpt-4.1', 'gpt.spare.gpt-4.1'];
const POOL = routedPool({ default: [ROUTED] }, { 'glm.spare.glm-4.5-air': {}, 'lone.main.tiny': {} });
const ADDRESSES = addressedTargets(POOL);

function apply(before: SessionInstructions, ...instructions: readonly Told[]): AppliedInstructions {
  return applyInstructions(before, instructionsOf(...instructions), (name) => ADDRESSES.get(name) ?? []);
}

/** What is remembered of the session `s`, or of another scope. */
function memory(trial: Trial, scopeId = 'anyone:session:s'): SessionInstructions | null {
  const entry = trial.router.snapshot().state.sessions.find(([id]) => id === scopeId);
  return entry === undefined ? null : entry[1].instructions;
}

/** Every target that can serve the next request of the session. */
function open(trial: Trial): string[] {
  const sent = trial.send(`look-${trial.router.snapshot().flow.decisions}`, steered());
  trial.end(sent, CANCELLED);
  return Object.entries(rejections(sent))
    .filter(([, rejection]) => rejection === null)
    .map(([target]) => target);
}

describe('B.6 one batch, left to right', () => {
  const before: SessionInstructions = { sticky: 'gpt', allowed: ['gpt'], disabled: ['lone', 'glm.spare'] };
  const cases: readonly [string, readonly Told[], Partial<AppliedInstructions>][] = [
    ['nothing changes nothing', [], { ...before, forced: null }],
    ['force is for now, and leaves sticky alone', [['force', 'glm']], { ...before, forced: 'glm' }],
    [
      'the last force counts',
      [
        ['force', 'glm'],
        ['force', 'lone'],
      ],
      { forced: 'lone' },
    ],
    ['sticky replaces sticky', [['sticky', 'glm.glm-4.7']], { ...before, sticky: 'glm.glm-4.7' }],
    [
      'sticky ends a force before it',
      [
        ['force', 'lone'],
        ['sticky', 'glm'],
      ],
      { forced: null, sticky: 'glm' },
    ],
    [
      'force after sticky counts too',
      [
        ['sticky', 'glm'],
        ['force', 'lone'],
      ],
      { forced: 'lone', sticky: 'glm' },
    ],
    ['the first allow replaces the list', [['allow', 'glm']], { ...before, allowed: ['glm'] }],
    [
      'the next ones add to it',
      [
        ['allow', 'glm'],
        ['allow', 'lone'],
      ],
      { allowed: ['glm', 'lone'] },
    ],
    [
      'each once',
      [
        ['allow', 'glm'],
        ['allow', 'glm'],
      ],
      { allowed: ['glm'] },
    ],
    ['the first disable replaces the bans', [['disable', 'gpt.1']], { ...before, disabled: ['gpt.1'] }],
    [
      'the next ones add to them',
      [
        ['disable', 'gpt'],
        ['disable', 'glm'],
      ],
      { disabled: ['gpt', 'glm'] },
    ],
    [
      'allow leaves bans, disable leaves the list',
      [
        ['allow', 'lone'],
        ['disable', 'glm'],
      ],
      { sticky: 'gpt', allowed: ['lone'], disabled: ['glm'] },
    ],
    ['enable lifts what it names', [['enable', 'glm.spare']], { ...before, disabled: ['lone'] }],
    [
      'disable, then enable',
      [
        ['disable', 'gpt'],
        ['disable', 'glm'],
        ['enable', 'gpt'],
      ],
      { disabled: ['glm'] },
    ],
    [
      'enable, then the first disable replaces what is left',
      [
        ['enable', 'lone'],
        ['disable', 'gpt'],
      ],
      { disabled: ['gpt'] },
    ],
    ['clear takes everything back', [['clear', '']], { ...NOT_INSTRUCTED, forced: null }],
    [
      'clear takes back what stands before it',
      [
        ['force', 'lone'],
        ['sticky', 'glm'],
        ['clear', ''],
      ],
      { ...NOT_INSTRUCTED, forced: null },
    ],
    [
      'what stands after clear counts',
      [
        ['clear', ''],
        ['disable', 'gpt'],
        ['force', 'lone'],
      ],
      { sticky: null, allowed: [], disabled: ['gpt'], forced: 'lone' },
    ],
  ];

  it.each(cases)('%s', (_, instructions, expected) => {
    expect(apply(before, ...instructions)).toMatchObject(expected);
  });
});

describe('B.6 enable lifts every ban that is no wider than what it names', () => {
  const bans = ['glm', 'glm.1', 'glm.spare', 'glm.glm-4.7', 'glm.spare.glm-4.5-air', 'gpt.gpt-4.1'];
  const cases: readonly [string, readonly string[]][] = [
    // A provider: its keys, models and targets.
    ['glm', ['gpt.gpt-4.1']],
    ['gpt', bans.slice(0, 5)],
    // A key, by number and by name.
    ['glm.1', ['glm', 'glm.spare', 'glm.glm-4.7', 'glm.spare.glm-4.5-air', 'gpt.gpt-4.1']],
    ['glm.main', ['glm', 'glm.spare', 'glm.glm-4.7', 'glm.spare.glm-4.5-air', 'gpt.gpt-4.1']],
    ['glm.2', ['glm', 'glm.1', 'glm.glm-4.7', 'gpt.gpt-4.1']],
    // The first key has that model alone.
    ['glm.glm-4.7', ['glm', 'glm.spare', 'glm.spare.glm-4.5-air', 'gpt.gpt-4.1']],
    ['glm.spare.glm-4.5-air', ['glm', 'glm.1', 'glm.spare', 'glm.glm-4.7', 'gpt.gpt-4.1']],
    ['lone', bans],
  ];

  it.each(cases)('%s', (name, expected) => {
    expect(apply({ ...NOT_INSTRUCTED, disabled: bans }, ['enable', name]).disabled).toEqual(expected);
  });

  it('and not a ban on something that is not there now and may come back', () => {
    const disabled = ['cirrus', 'gpt'];
    expect(apply({ ...NOT_INSTRUCTED, disabled }, ['enable', 'glm']).disabled).toEqual(disabled);
  });
});

describe('B.6 forms of names', () => {
  const forms: readonly [string, readonly string[]][] = [
    ['gpt', ['gpt.main.gpt-4.1', 'gpt.spare.gpt-4.1']],
    ['glm.1', ['glm.main.glm-4.7']],
    ['glm.2', ['glm.spare.glm-4.7']],
    ['glm.main', ['glm.main.glm-4.7']],
    ['glm.glm-4.7', ['glm.main.glm-4.7', 'glm.spare.glm-4.7']],
    ['glm.spare.glm-4.7', ['glm.spare.glm-4.7']],
  ];

  it.each(forms)('disable %s', (name, banned) => {
    const trial = tryOut(POOL);
    trial.serve('told', told(['disable', name]));
    expect(open(trial)).toEqual(ROUTED.filter((id) => !banned.includes(id)));
  });

  it.each(forms)('disable everything, enable %s', (name, lifted) => {
    const trial = tryOut(POOL);
    trial.serve('told', told(...ROUTED.map((id) => ['disable', id] as const), ['disable', 'lone'], ['enable', name]));
    expect(open(trial)).toEqual(lifted);
  });

  it.each(forms)('force %s: these alone', (name, forced) => {
    expect(walk(POOL, told(['force', name])).toSorted()).toEqual(forced);
  });

  it.each(forms)('sticky %s: these first, then the others', (name, kept) => {
    const choices = walk(POOL, told(['sticky', name]));
    expect(choices.slice(0, kept.length).toSorted()).toEqual(kept);
    expect(choices.toSorted()).toEqual(ROUTED);
  });

  it('a provider or a key alone: of its models, those that the request would have got anyway', () => {
    expect(walk(POOL, told(['force', 'glm'])).toSorted()).toEqual(['glm.main.glm-4.7', 'glm.spare.glm-4.7']);
    expect(walk(POOL, told(['force', 'glm.spare.glm-4.5-air']))).toEqual(['glm.spare.glm-4.5-air']);
    expect(walk(POOL, told(['force', 'lone']))).toEqual(['lone.main.tiny']);
  });

  it('allow: providers', () => {
    const trial = tryOut(POOL);
    trial.serve('one', told(['allow', 'glm']));
    expect(open(trial)).toEqual(['glm.main.glm-4.7', 'glm.spare.glm-4.7']);
    trial.serve('two', told(['allow', 'gpt'], ['allow', 'lone']));
    expect(open(trial)).toEqual(['gpt.main.gpt-4.1', 'gpt.spare.gpt-4.1']);
    trial.serve('three', told(['clear', '']));
    expect(open(trial)).toEqual(ROUTED);
  });

  it('a number in front of an alias may be left out', () => {
    const pool = poolOf([targetOf('glm.1-main.x'), targetOf('glm.2-spare.x')]);
    expect(walk(pool, told(['force', 'glm.main']))).toEqual(['glm.1-main.x']);
    expect(walk(pool, told(['force', 'glm.1-main.x']))).toEqual(['glm.1-main.x']);
    expect(walk(pool, told(['disable', 'glm.spare.x']))).toEqual(['glm.1-main.x']);
  });

  it('of two meanings, model before alias', () => {
    const pool = poolOf([targetOf('glm.main.fast'), targetOf('glm.fast.large')]);
    expect(walk(pool, told(['force', 'glm.fast']))).toEqual(['glm.main.fast']);
  });
});

describe('B.6 scopes', () => {
  const LONE: Told = ['sticky', 'lone.main.tiny'];
  const scoped = (scope: SessionScope, scopeId: string, ...instructions: readonly Told[]) => {
    return { steering: steeringOf({ scope, scopeId, instructions: instructionsOf(...instructions) }) };
  };

  it.each(['session', 'conversation'] as const)('%s: remembered, and of nobody else', (scope) => {
    const trial = tryOut(POOL);
    expect(trial.serve('a', scoped(scope, 'mine', LONE))).toBe('lone.main.tiny');
    expect(trial.send('b', scoped(scope, 'mine')).decision.routing).toMatchObject({ mode: 'sticky', scope });
    expect(trial.serve('c', scoped(scope, 'mine'))).toBe('lone.main.tiny');
    expect(trial.serve('d', scoped(scope, 'other'))).not.toBe('lone.main.tiny');
    expect(trial.serve('e')).not.toBe('lone.main.tiny');
  });

  it('request: remembered for whoever goes on from that request, and from the next one', () => {
    const trial = tryOut(POOL);
    expect(trial.serve('first', scoped('request', 'anyone:resume:first', LONE))).toBe('lone.main.tiny');
    expect(trial.serve('second', scoped('resume', 'anyone:resume:first'))).toBe('lone.main.tiny');
    expect(trial.serve('third', scoped('resume', 'anyone:resume:second'))).toBe('lone.main.tiny');
    expect(trial.serve('stranger', scoped('request', 'anyone:resume:stranger'))).not.toBe('lone.main.tiny');
  });

  it('resume: two that go on from the same request go their own ways', () => {
    const trial = tryOut(POOL);
    trial.serve('first', scoped('request', 'anyone:resume:first', LONE));
    expect(trial.serve('left', scoped('resume', 'anyone:resume:first', ['clear', '']))).not.toBe('lone.main.tiny');
    expect(trial.serve('right', scoped('resume', 'anyone:resume:first'))).toBe('lone.main.tiny');
    expect(trial.serve('left-2', scoped('resume', 'anyone:resume:left'))).not.toBe('lone.main.tiny');
    expect(trial.serve('right-2', scoped('resume', 'anyone:resume:right'))).toBe('lone.main.tiny');
  });

  it('request: remembered under the client key, so that no other can go on from it', () => {
    const trial = tryOut(POOL);
    trial.serve('first', scoped('request', 'anyone:resume:first', LONE));
    expect(memory(trial, 'anyone:resume:first')).toMatchObject({ sticky: 'lone.main.tiny' });
    expect(trial.serve('second', scoped('resume', 'somebody:resume:first'))).not.toBe('lone.main.tiny');
  });
});

describe('B.6 names that mean nothing', () => {
  const kinds: readonly InstructionKind[] = ['force', 'sticky', 'allow', 'disable', 'enable'];

  it.each(kinds)('%s: the request is refused with the name, and the session stays as it was', (kind) => {
    const trial = tryOut(POOL);
    trial.serve('told', told(['disable', 'gpt']));
    const before = JSON.stringify(trial.router.snapshot());
    const refused = onlyReject(
      trial.begin('a', told(['sticky', 'lone.main.tiny'], [kind, 'cirrus.main'], ['clear', ''])),
    );
    expect(refused).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', status: 503, decision: null, attempts: [] });
    expect(refused.details).toMatchObject({ named: 'cirrus.main', route: 'default' });
    expect(JSON.stringify(trial.router.snapshot())).toBe(before);
  });

  it.each(['cirrus', 'glm.3', 'glm.0', 'glm.nobody', 'glm.main.gpt-4.1', 'GLM', 'glm-4.7', 'auto', ''])(
    '"%s"',
    (name) => {
      expect(onlyReject(tryOut(POOL).begin('a', told(['force', name]))).details!.named).toBe(name);
    },
  );

  it('refuse a request, too, that names its model itself', () => {
    const refused = onlyReject(tryOut(POOL).begin('a', { ...told(['force', 'cirrus']), model: 'tiny' }));
    expect(refused).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', details: { route: null, named: 'cirrus' } });
  });

  it('are refused among the bans of a request too: who wrote them relies on them', () => {
    const command = onlyReject(tryOut(POOL).begin('a', steered({ bans: ['gpt.main', 'glm.9'] })));
    expect(command).toMatchObject({ code: 'PROVIDER_NOT_AVAILABLE', details: { named: 'glm.9' } });
  });
});

describe('B.6 instructions without routes', () => {
  const PLAIN = poolOf([
    targetOf('aurora.main.small'),
    targetOf('aurora.spare.small'),
    targetOf('borealis.main.large'),
  ]);

  it('steer requests for a model as well', () => {
    const small = (facts: ReturnType<typeof told>) => ({ ...facts, model: 'small' });
    expect(walk(PLAIN, small(told(['disable', 'aurora.1'])))).toEqual(['aurora.spare.small']);
    expect(walk(PLAIN, small(told(['force', 'borealis'])))).toEqual(['borealis.main.large']);
    const { decision } = tryOut(PLAIN).send('a', small(told(['sticky', 'borealis'])));
    expect(decision.routing).toEqual({
      requestedRoute: null,
      route: null,
      pool: 'sticky',
      reason: 'model',
      mode: 'sticky',
      scope: 'session',
      forceVision: false,
      forceWebSearch: false,
    });
  });

  it('leave no trace in a decision where there are none', () => {
    expect(tryOut(PLAIN).send('a', steered()).decision.routing).toBeNull();
  });
});

describe('B.6 what is remembered', () => {
  const remembered = (instructions: readonly Instruction[]) => {
    const trial = tryOut(POOL);
    trial.serve('a', { steering: steeringOf({ instructions }) });
    return memory(trial);
  };

  it('is nothing of a force, nothing after a clear, and the rest as it was said', () => {
    expect(remembered(instructionsOf(['force', 'lone']))).toBeNull();
    expect(remembered(instructionsOf(['sticky', 'glm'], ['clear', '']))).toBeNull();
    expect(remembered(instructionsOf(['disable', 'gpt.1'], ['sticky', 'glm']))).toEqual({
      sticky: 'glm',
      allowed: [],
      disabled: ['gpt.1'],
    });
  });

  it('is remembered although the request itself finds nobody', () => {
    const trial = tryOut(POOL);
    expect(onlyReject(trial.begin('a', told(['allow', 'lone']))).code).toBe('PROVIDER_NOT_AVAILABLE');
    expect(memory(trial)).toMatchObject({ allowed: ['lone'] });
  });
});
