import { describe, expect, it } from 'vitest';
import { nearestName } from '../../src/config/nearest-name.ts';

const KNOWN = ['providers', 'server', 'seed', 'log', 'modelAliases'];

describe('the name that was meant', () => {
  it.each([
    ['provders', 'providers'],
    ['provdier', 'providers'],
    ['Server', 'server'],
    ['sever', 'server'],
    ['sede', 'seed'],
    ['modelaliases', 'modelAliases'],
  ])('%s: %s', (written, meant) => {
    expect(nearestName(written, KNOWN)).toBe(meant);
  });

  it.each(['routes', 'dog-house', 'sdxx', '', 'x'.repeat(1_000_000)])(
    'is not guessed from what is far away',
    (written) => {
      expect(nearestName(written, KNOWN)).toBe(null);
    },
  );
});
