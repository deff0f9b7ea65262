import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createClientAccess } from '../../src/proxy/client-access.ts';

const keyOf = (name: string, secret: string | undefined, models?: string[], routes?: string[]) => ({
  name,
  secretSha256: secret === undefined ? undefined : createHash('sha256').update(secret).digest('hex'),
  models,
  routes,
  rateLimit: {},
  priorityCeiling: 'high' as const,
  budgets: [],
});

describe('whoever calls', () => {
  it('is anybody while no key has a secret', () => {
    const open = createClientAccess({ clientKeys: [keyOf('default', undefined)], instructions: 'text' });
    for (const headers of [{}, { authorization: 'Bearer whatever' }]) {
      expect(open.identify(headers)).toEqual({ name: 'default', models: null, instructions: 'text' });
    }
  });

  it('needs a secret as soon as one key has one', () => {
    const access = createClientAccess({
      clientKeys: [keyOf('open', undefined), keyOf('team', 'right', ['m', 'auto'])],
      instructions: 'text',
    });
    expect(access.identify({ authorization: 'Bearer right' })).toEqual({
      name: 'team',
      models: new Set(['m', 'auto']),
      instructions: 'text',
    });
    expect(access.identify({ authorization: 'Bearer   right ' })?.name).toBe('team');
    expect(access.identify({ 'x-api-key': 'right' })?.name).toBe('team');
    for (const headers of [
      {},
      { authorization: 'right' },
      { authorization: 'Basic right' },
      { authorization: 'Bearer ' },
      { authorization: 'Bearer wrong', 'x-api-key': 'right' },
      { 'x-api-key': ['right', 'right'] },
      { 'api-key': '' },
    ]) {
      expect(access.identify(headers)).toBeNull();
    }
  });

  it('may ask for the routed models only, when it may take some routes only', () => {
    const clientKeys = [keyOf('narrow', 'a', undefined, ['default']), keyOf('both', 'b', ['m'], ['default'])];
    const modelsOf = (routedModels?: string[]) => {
      const form = { clientKeys, instructions: 'text' as const };
      const access = createClientAccess(routedModels === undefined ? form : { ...form, routedModels });
      return ['a', 'b'].map((secret) => [...access.identify({ 'api-key': secret })!.models!]);
    };
    expect(modelsOf()).toEqual([['auto'], ['m']]);
    expect(modelsOf(['auto', 'claude-sonnet-4'])).toEqual([['auto', 'claude-sonnet-4'], ['m']]);
  });

  it('with a secret beyond all measure is nobody', () => {
    const long = 'x'.repeat(600);
    const access = createClientAccess({
      clientKeys: [keyOf('team', long), keyOf('other', 'x'.repeat(512))],
      instructions: 'text',
    });
    expect(access.identify({ 'api-key': long })).toBeNull();
    expect(access.identify({ 'api-key': 'x'.repeat(512) })?.name).toBe('other');
  });
});
