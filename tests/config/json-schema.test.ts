import { describe, expect, it } from 'vitest';
import { FILE_KINDS, jsonSchemaOf } from '../../src/config/json-schema.ts';
import { DEFAULT_POLICY } from '../../src/router/policy.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

/** The defaults of a schema, as the object they make. */
function defaultsOf(schema: Schema): unknown {
  if (schema.properties === undefined) return schema.default;
  return Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, defaultsOf(field)]));
}

/** Every object schema inside a schema. */
function objectsIn(value: unknown): Schema[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return 'properties' in value && 'type' in value ? [value as Schema, ...inner] : inner;
}

describe('the JSON Schemas', () => {
  it.each(FILE_KINDS)('of a %s is closed at every level', (kind) => {
    const schema = jsonSchemaOf(kind);
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    const objects = objectsIn(schema);
    expect(objects.length).toBeGreaterThan(5);
    for (const object of objects) expect(object.additionalProperties).toBe(false);
  });

  it('of a policy requires nothing and shows the default policy', () => {
    const schema = jsonSchemaOf('policy') as Schema;
    expect(defaultsOf(schema)).toEqual(DEFAULT_POLICY);
    for (const object of objectsIn(schema)) expect(object.required ?? []).toEqual([]);
  });

  it('offers the proxy the protocols that it speaks, and a pool of the simulator those that there are', () => {
    const protocolsOf = (kind: 'gateway' | 'pool'): unknown => {
      const schema = jsonSchemaOf(kind) as {
        properties: { providers: { items: { properties: { protocol: object } } } };
      };
      return schema.properties.providers.items.properties.protocol;
    };
    expect(protocolsOf('gateway')).toMatchObject({ enum: ['openai'], default: 'openai' });
    expect(protocolsOf('pool')).toMatchObject({ enum: ['openai', 'anthropic', 'gemini'] });
  });

  it.each(['gateway', 'pool'] as const)('of a %s describes what it says of routes', (kind) => {
    const { properties = {} } = jsonSchemaOf(kind) as Schema;
    const sections = ['routing', 'routedModels', 'loadBalancing', 'webSearch'];
    const ofGateway = ['classifier', 'contextRouting', 'context_routing', 'instructions'];
    for (const name of kind === 'gateway' ? [...sections, ...ofGateway] : sections) {
      expect(properties[name]?.description, name).toMatch(/\w/);
    }
    const routePool = objectsIn(properties['routing']).find((schema) => 'weights' in (schema.properties ?? {}));
    const fields = Object.entries(routePool?.properties ?? {});
    expect(fields).toHaveLength(18);
    for (const [name, field] of fields) expect(field.description, name).toMatch(/\w/);
    expect(routePool?.properties?.['poolId']?.description).toBe('The same as id');
  });

  it('of a scenario requires what has no default', () => {
    expect((jsonSchemaOf('scenario') as Schema).required).toEqual(['name', 'pool', 'twins']);
    expect((jsonSchemaOf('pool') as Schema).required).toEqual(['providers']);
  });
});
