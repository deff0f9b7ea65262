import * as z from 'zod';
import { namedTargets } from '../router/index.ts';
import { checkPool } from './check-pool.ts';
import { classifierSchema, contextRoutingSchema } from './classifier-schema.ts';
import { closedObject } from './closed-object.ts';
import { durationMs, positiveDurationMs } from './duration.ts';
import { expandPool } from './expand-pool.ts';
import { refuseSecondName, synonymFields } from './field-synonyms.ts';
import { INSTRUCTION_USES } from './instruction-use.ts';
import { SERVED_POOL_FIELDS } from './pool-schema.ts';
import { variableName } from './variable-name.ts';

const MEBIBYTE = 1_048_576;
const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

const serverSchema = closedObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(3301).meta({ description: '0: any free port' }),
  bodyMebibytesMax: z.number().gt(0).max(1_024).default(32).meta({ description: "Largest client's body" }),
  answerMebibytesMax: z
    .number()
    .gt(0)
    .max(1_024)
    .default(32)
    .meta({ description: 'Largest answer that is not streamed' }),
  connectionsMax: z.int().min(1).default(4_096).meta({ description: 'Client connections at once' }),
  drainTime: durationMs.default(30_000).meta({ description: 'How long a shutdown waits for requests under way' }),
  metrics: z.enum(['open', 'admin']).default('open').meta({ description: 'Who may read /metrics' }),
});

const adminSchema = closedObject({
  tokenEnv: variableName.optional().meta({ description: 'Environment variable that holds the admin token' }),
  tokenFile: z.string().min(1).optional().meta({ description: 'File that holds the admin token' }),
  console: z.boolean().default(true).meta({ description: 'Serve the web console under /console' }),
}).refine((admin) => admin.tokenEnv === undefined || admin.tokenFile === undefined, {
  error: 'has both tokenEnv and tokenFile; there is one admin token',
});

const logSchema = closedObject({
  folder: z.string().min(1).default('token-pool-log').meta({ description: 'Relative to this file' }),
  onFailure: z
    .enum(['serve', 'refuse'])
    .default('serve')
    .meta({ description: 'What to do with requests while the log cannot be written' }),
  fsync: z.boolean().default(false).meta({ description: 'Survive a power cut too, not only a killed process' }),
  rotateMebibytes: z.number().gt(0).default(128),
  rotateAge: positiveDurationMs.default(3_600_000),
  retentionDays: z.number().gt(0).nullable().default(null).meta({ description: 'null: keep everything' }),
  retentionMebibytes: z.number().gt(0).nullable().default(null).meta({ description: 'null: keep everything' }),
});

const FIELDS = {
  server: serverSchema.prefault({}),
  admin: adminSchema.prefault({}),
  log: logSchema.prefault({}),
  policy: z
    .string()
    .min(1)
    .default('ranked')
    .meta({ description: 'A built-in policy, or a file relative to this one' }),
  seed: z.int().default(1).meta({ description: 'Base of all draws' }),
  ...SERVED_POOL_FIELDS,
  classifier: classifierSchema
    .prefault({})
    .meta({ description: 'How requests are told apart; its numbers go before those of the policy' }),
  contextRouting: contextRoutingSchema
    .optional()
    .meta({ description: 'How full a context window may get; goes before routing of the policy' }),
  ...synonymFields('contextRouting', ['context_routing'], contextRoutingSchema),
  instructions: z.enum(INSTRUCTION_USES).default('text').meta({
    description:
      'What becomes of instructions (<**...**>) in messages: apply: they steer; text: they pass as they are; refuse: 403. Also for callers without a client key',
  }),
};

/** `token-pool.yaml`: the pool with the addresses of its providers, and how the proxy serves it. */
export const gatewaySchema = closedObject(FIELDS, ['context_routing']).superRefine((gateway, context) => {
  const report = (path: readonly PropertyKey[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message });
  checkPool(gateway, report);
  refuseSecondName(gateway, ['contextRouting', 'context_routing'], (field, message) => report([field], message));
  for (const [index, provider] of gateway.providers.entries()) {
    if (provider.baseUrl === undefined) {
      report(
        ['providers', index, 'baseUrl'],
        'missing; expected the address of the API, such as https://api.openai.com/v1',
      );
    }
    for (const [position, key] of provider.keys.entries()) {
      if (provider.auth !== 'none' && key.secretEnv === undefined && key.secretFile === undefined) {
        report(['providers', index, 'keys', position], 'has no secret: give secretEnv or secretFile, or auth: none');
      }
    }
  }
  const names = namedTargets(expandPool(gateway));
  for (const [index, clientKey] of gateway.clientKeys.entries()) {
    for (const [position, model] of (clientKey.models ?? []).entries()) {
      if (names.has(model) || gateway.routedModels?.includes(model) === true) continue;
      report(['clientKeys', index, 'models', position], `"${model}" is no model, alias or address of the pool`);
    }
  }
  const isOpen = gateway.clientKeys.every(({ secretSha256 }) => secretSha256 === undefined);
  if (isOpen && !LOOPBACK_HOSTS.includes(gateway.server.host)) {
    report(
      ['server', 'host'],
      'is not the loopback, and no client key has a secret: everybody could spend your keys; add clientKeys with secretSha256',
    );
  }
});

export type GatewayForm = z.output<typeof gatewaySchema>;

/** Bytes of a size that people write in mebibytes. */
export function mebibytes(size: number): number {
  return Math.round(size * MEBIBYTE);
}
