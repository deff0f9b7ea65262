import * as z from 'zod';
import { gatewaySchema } from './gateway-schema.ts';
import { policySchema } from './policy-schema.ts';
import { poolSchema } from './pool-schema.ts';
import { scenarioSchema } from './scenario-schema.ts';

const FILE_SCHEMAS = {
  policy: { schema: policySchema, title: 'Token Pool policy (policy.yaml)' },
  gateway: { schema: gatewaySchema, title: 'Token Pool gateway (token-pool.yaml)' },
  pool: { schema: poolSchema, title: 'Token Pool pool' },
  scenario: { schema: scenarioSchema, title: 'Token Pool scenario (*.scenario.yaml)' },
} as const;

/** The kinds of file that a user writes. */
export type FileKind = keyof typeof FILE_SCHEMAS;

export const FILE_KINDS = Object.keys(FILE_SCHEMAS) as readonly FileKind[];

/**
 * JSON Schema (draft 2020-12) of a kind of file as it is written, defaults included, for editors that check
 * and complete YAML. It is looser than the loader: rules between fields cannot be said in it.
 */
export function jsonSchemaOf(kind: FileKind): Readonly<Record<string, unknown>> {
  const { schema, title } = FILE_SCHEMAS[kind];
  return { title, ...z.toJSONSchema(schema, { io: 'input' }) };
}
