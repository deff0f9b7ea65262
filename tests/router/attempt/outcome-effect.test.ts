import { describe, expect, it } from 'vitest';
import { effectOf } from '../../../src/router/attempt/outcome-effect.ts';
import type { OutcomeKind } from '../../../src/router/index.ts';

describe('what an outcome means', () => {
  it.each<[OutcomeKind, number | null, string, string, boolean]>([
    ['success', 200, 'good', 'served', false],
    ['cancelled', null, 'none', 'none', false],
    ['cancelled', 500, 'none', 'none', false],
    ['limited', 429, 'none', 'limited', true],
    ['limited', null, 'none', 'limited', true],
    ['timeout', null, 'bad', 'none', true],
    ['failure', null, 'bad', 'none', true],
    ['failure', 500, 'bad', 'none', true],
    ['failure', 502, 'bad', 'none', true],
    ['failure', 503, 'bad', 'none', true],
    ['failure', 529, 'bad', 'none', true],
    ['failure', 200, 'bad', 'none', true],
    ['failure', 408, 'bad', 'none', true],
    ['failure', 425, 'bad', 'none', true],
    ['failure', 401, 'none', 'expelled', true],
    ['failure', 402, 'none', 'expelled', true],
    ['failure', 403, 'none', 'expelled', true],
    ['failure', 429, 'none', 'limited', true],
    ['failure', 400, 'none', 'none', false],
    ['failure', 404, 'none', 'none', false],
    ['failure', 413, 'none', 'none', false],
    ['failure', 422, 'none', 'none', false],
    ['failure', 499, 'none', 'none', false],
  ])('%s with status %s: health %s, key %s, retried: %s', (kind, status, verdict, key, isRetryable) => {
    expect(effectOf({ kind, status })).toEqual({ verdict, key, isRetryable });
  });
});
