import { describe, expect, it } from 'vitest';
import { routedPool, signalling, walk } from '../routed-pool.ts';
import { poolOf, targetOf } from '../small-pool.ts';
import { onlyReject, rejections, tryOut } from '../trial.ts';

const CHEAP = { prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } };
/** Windows of 1,000 and 10,000 tokens; the score prefers the smaller one. */
const TIGHT = { contextTokens: 1_000, maxOutputTokens: 1_000, ...CHEAP };
const ROOMY = { contextTokens: 10_000, maxOutputTokens: 10_000 };
const POOL = routedPool({ default: [['d.tight.x', 'd.roomy.x']] }, { 'd.tight.x': TIGHT, 'd.roomy.x': ROOMY });

function sized(inputTokens: number, maxOutputTokens = 0): { inputTokens: number; maxOutputTokens: number } {
  return { inputTokens, maxOutputTokens };
}

describe('B.8 context advisor: safe, risky and overflowing windows', () => {
  // The tight window: safe below 900 tokens, risky up to 1,000, too small beyond.
  const edges: readonly [number, number, readonly string[]][] = [
    [899, 0.9, ['d.tight.x', 'd.roomy.x']],
    [900, 0.9, ['d.roomy.x', 'd.tight.x']],
    [1_000, 0.9, ['d.roomy.x', 'd.tight.x']],
    [1_001, 0.9, ['d.roomy.x', 'd.tight.x']],
    // Both risky: the score decides; nobody is too small before anybody else.
    [499, 0.5, ['d.tight.x', 'd.roomy.x']],
    [500, 0.5, ['d.roomy.x', 'd.tight.x']],
    [100, 0.1, ['d.roomy.x', 'd.tight.x']],
    [99, 0.1, ['d.tight.x', 'd.roomy.x']],
    [1_000, 0.1, ['d.tight.x', 'd.roomy.x']],
    [989, 0.99, ['d.tight.x', 'd.roomy.x']],
    [990, 0.99, ['d.roomy.x', 'd.tight.x']],
    [10_001, 0.9, ['d.tight.x', 'd.roomy.x']],
  ];

  it.each(edges)('%d tokens with warnRatio %d', (inputTokens, warnRatio, expected) => {
    expect(walk(POOL, sized(inputTokens), { routing: { warnRatio } })).toEqual(expected);
  });

  it('finds no window too small for nothing', () => {
    expect(rejections(tryOut(POOL).send('a', sized(0)))).toEqual({ 'd.tight.x': null, 'd.roomy.x': null });
  });

  it('says that the others are outranked, not that they cannot', () => {
    expect(rejections(tryOut(POOL).send('a', sized(950)))).toEqual({ 'd.tight.x': 'outranked', 'd.roomy.x': null });
    expect(rejections(tryOut(POOL).send('a', sized(1_500)))).toEqual({ 'd.tight.x': 'outranked', 'd.roomy.x': null });
  });

  it('counts the longest answer into what has to fit', () => {
    expect(walk(POOL, sized(600, 400))).toEqual(['d.tight.x', 'd.roomy.x']);
    expect(walk(POOL, sized(600, 401))).toEqual(['d.roomy.x', 'd.tight.x']);
    expect(walk(POOL, sized(10, 991))).toEqual(['d.roomy.x', 'd.tight.x']);
  });

  it('does so inside a pool before it tries the next one', () => {
    const pool = routedPool(
      { default: [['d.tight.x', 'd.roomy.x'], ['d.vast.x']] },
      { 'd.tight.x': TIGHT, 'd.roomy.x': ROOMY, 'd.vast.x': { contextTokens: 1_000_000 } },
    );
    // A risky window of the first pool goes before a safe one of the second; one that is too small goes last of all.
    expect(walk(pool, sized(950))).toEqual(['d.roomy.x', 'd.tight.x', 'd.vast.x']);
    expect(walk(pool, sized(9_500))).toEqual(['d.roomy.x', 'd.vast.x', 'd.tight.x']);
  });

  it('measures each target by its own window', () => {
    const pool = routedPool(
      { default: [['d.a.x', 'd.b.x', 'd.c.x', 'd.e.x']] },
      {
        'd.a.x': { contextTokens: 500 },
        'd.b.x': { contextTokens: 1_000, ...CHEAP },
        'd.c.x': { contextTokens: 1_050 },
        'd.e.x': { contextTokens: 2_000 },
      },
    );
    expect(walk(pool, sized(960))).toEqual(['d.e.x', 'd.b.x', 'd.c.x', 'd.a.x']);
  });

  it('counts for requests that name their model, too', () => {
    const pool = poolOf([targetOf('d.tight.x', TIGHT), targetOf('d.roomy.x', ROOMY)]);
    expect(walk(pool, sized(899))).toEqual(['d.tight.x', 'd.roomy.x']);
    expect(walk(pool, sized(900))).toEqual(['d.roomy.x', 'd.tight.x']);
    // There is no last resort for them: what does not fit cannot serve.
    expect(walk(pool, sized(1_001))).toEqual(['d.roomy.x']);
  });
});

describe('B.8 a context that fits nowhere', () => {
  const ROUTES = routedPool(
    { default: [['d.tight.x'], ['d.spare.x']], coding: [['c.tight.x']] },
    { 'd.tight.x': TIGHT, 'd.spare.x': TIGHT, 'c.tight.x': TIGHT },
  );
  const coding = (inputTokens: number) => signalling({ lastTool: 'write' }, sized(inputTokens));

  it('is tried at default, pool by pool, and nowhere else', () => {
    expect(walk(ROUTES, coding(5_000))).toEqual(['d.tight.x', 'd.spare.x']);
    expect(walk(ROUTES, coding(950))).toEqual(['c.tight.x', 'd.tight.x', 'd.spare.x']);
  });

  it('is refused when the limit is hard', () => {
    const trial = tryOut(ROUTES, { routing: { hardLimit: true } });
    const refused = onlyReject(trial.begin('a', coding(5_000)));
    expect(refused).toMatchObject({ code: 'UNSUPPORTED_REQUEST', status: 400 });
    expect(refused.details!.attempted).toEqual([
      'coding:main:max_context_window',
      'default:main:max_context_window',
      'default:pool1:max_context_window',
    ]);
  });

  it('is not tried where the answer would be too long for the target', () => {
    expect(onlyReject(tryOut(ROUTES).begin('a', sized(10, 1_001))).code).toBe('UNSUPPORTED_REQUEST');
  });

  it('is not forced upon a target by an instruction', () => {
    const trial = tryOut(ROUTES);
    const forced = {
      ...coding(5_000),
      steering: { ...coding(5_000).steering!, instructions: [{ kind: 'force', name: 'd.tight.x' } as const] },
    };
    expect(onlyReject(trial.begin('a', forced)).code).toBe('UNSUPPORTED_REQUEST');
  });
});
