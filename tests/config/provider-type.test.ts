import { describe, expect, it } from 'vitest';
import { parsePool } from '../../src/config/pool-schema.ts';
import { hasInlineVision, providerTypeOf, type ProviderType } from '../../src/config/provider-type.ts';
import { messageOf } from './temporary-file.ts';

const prices = { inputUsdPerMillion: 1, outputUsdPerMillion: 4 };
const MODEL = { id: 'm', prices };

function parsed(provider: object, model: object = {}) {
  return parsePool('pool', { providers: [{ id: 'p', keys: [{}], models: [{ ...MODEL, ...model }], ...provider }] })
    .targets[0];
}

describe('the type of a provider', () => {
  it.each<[string | undefined, string, string, ProviderType]>([
    ['anthropic', 'openai', 'p', 'anthropic'],
    ['my-claude', 'openai', 'p', 'anthropic'],
    ['openai-responses', 'openai', 'p', 'responses'],
    ['Gemini-CLI', 'openai', 'p', 'gemini'],
    ['iflow', 'openai', 'p', 'iflow'],
    ['qwen', 'openai', 'p', 'qwen'],
    ['glm', 'openai', 'p', 'glm'],
    ['lmstudio', 'openai', 'p', 'lmstudio'],
    ['whatever', 'gemini', 'claude', 'openai'],
    [undefined, 'anthropic', 'p', 'anthropic'],
    [undefined, 'gemini', 'claude-proxy', 'gemini'],
    [undefined, 'openai', 'claude-proxy', 'anthropic'],
    [undefined, 'openai', 'p', 'openai'],
  ])('B.1 of type %s, protocol %s, id %s is %s', (type, protocol, id, expected) => {
    expect(providerTypeOf({ type, protocol, id })).toBe(expected);
  });

  it('B.5 tells whether images go with the text', () => {
    const types: readonly ProviderType[] = ['anthropic', 'responses', 'gemini', 'iflow', 'qwen', 'glm', 'openai'];
    expect(types.filter(hasInlineVision)).toEqual(['responses', 'gemini']);
  });
});

describe('a target', () => {
  it.each<[object, object, boolean]>([
    [{}, {}, false],
    [{ type: 'responses' }, {}, true],
    [{ protocol: 'gemini' }, {}, true],
    [{ id: 'gemini-2' }, {}, true],
    [{ type: 'openai', protocol: 'gemini' }, {}, false],
    [{ type: 'gemini' }, { inlineVision: false }, false],
    [{}, { inlineVision: true }, true],
    [{ type: 'gemini' }, { capabilities: ['tools'] }, false],
  ])('B.5 of the provider %j and the model %j takes images with the text: %s', (provider, model, expected) => {
    expect(parsed(provider, model)?.inlineVision).toBe(expected);
  });

  it.each<[object, boolean]>([
    [{}, true],
    [{ serverToolsDisabled: true }, false],
    [{ serverToolsDisabled: false }, true],
    [{ serverTools: { enabled: false } }, false],
    [{ serverTools: { enabled: true } }, true],
  ])('B.1 of the provider %j has tools of the server: %s', (provider, expected) => {
    expect(parsed(provider)?.capabilities).toEqual({
      tools: true,
      vision: true,
      streaming: true,
      serverTools: expected,
    });
  });

  it.each<[object, object, string]>([
    [
      { serverToolsDisabled: true, serverTools: { enabled: false } },
      {},
      'providers[0].serverTools: says the same as serverToolsDisabled; give one of them',
    ],
    [{ serverTools: {} }, {}, 'providers[0].serverTools.enabled: missing; expected true or false'],
    [
      {},
      { inlineVision: true, capabilities: [] },
      'providers[0].models[0].inlineVision: is for models that can see; add vision to capabilities, or take it out',
    ],
  ])('is refused with %j and %j', (provider, model, reason) => {
    expect(messageOf(() => parsed(provider, model))).toBe(`pool: ${reason}`);
  });
});
