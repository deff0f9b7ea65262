import * as z from 'zod';
import type { PoolDefinition } from '../router/pool.ts';
import { baseUrlSchema } from './base-url.ts';
import { budgetsSchema } from './budget-schema.ts';
import { checkPool } from './check-pool.ts';
import { closedObject } from './closed-object.ts';
import { expandPool } from './expand-pool.ts';
import { checkFields, refuseSecondName } from './field-synonyms.ts';
import { INSTRUCTION_USES } from './instruction-use.ts';
import { priceSchema } from './price-schema.ts';
import { ROUTING_FIELDS } from './routing-schema.ts';
import { variableName } from './variable-name.ts';
import { readYamlFile, validateFile, validateValue } from './yaml-file.ts';

/** Ids are joined with dots to `provider.key.model`, so neither providers nor keys may contain one. */
const id = z.string().regex(/^[A-Za-z0-9_-]+$/, { error: 'expected letters, digits, _ or -' });
const modelId = z.string().regex(/^\S+$/, { error: 'expected a name without spaces' });

export const CAPABILITIES = ['tools', 'vision', 'streaming'] as const;
const DEFAULT_CONTEXT_TOKENS = 200_000;
const DEFAULT_QUEUE_LIMIT = 64;

const keySchema = closedObject({
  alias: id.optional().meta({ description: 'Default: key1, key2, ... by position' }),
  secretEnv: variableName.optional().meta({ description: 'Environment variable that holds the secret' }),
  secretFile: z.string().min(1).optional().meta({ description: 'File that holds the secret' }),
  concurrencyLimit: z.int().min(1).nullable().default(null),
  queueLimit: z.int().min(0).default(DEFAULT_QUEUE_LIMIT),
  budgets: budgetsSchema,
}).refine((key) => key.secretEnv === undefined || key.secretFile === undefined, {
  error: 'has both secretEnv and secretFile; a key has one secret',
});

export const ENDPOINTS = ['chat', 'embeddings'] as const;

const modelSchema = closedObject({
  id: modelId,
  upstreamModel: modelId.optional().meta({ description: "The provider's own name for it. Default: the id" }),
  endpoints: z.array(z.enum(ENDPOINTS)).min(1).default(['chat']),
  contextTokens: z.int().min(1).default(DEFAULT_CONTEXT_TOKENS),
  maxOutputTokens: z.int().min(1).optional().meta({ description: 'Default: 16384, or contextTokens if less' }),
  capabilities: z.array(z.enum(CAPABILITIES)).default([...CAPABILITIES]),
  prices: priceSchema,
  budgets: budgetsSchema,
  disabled: z.boolean().default(false),
  inlineVision: z.boolean().optional().meta({
    description:
      'Images go in the same request as the text, so they need no pool of vision. Default: where the provider is of type responses or gemini and the model can see',
  }),
}).superRefine(
  checkFields((model, report) => {
    if (model.inlineVision !== true || model.capabilities.includes('vision')) return;
    report('inlineVision', 'is for models that can see; add vision to capabilities, or take it out');
  }),
);

const HEADER_NAME = /^[A-Za-z0-9-]+$/;
const headerName = z
  .string()
  // Not by `regex`, whose complaint quotes what it found: it may be the secret itself, put here by mistake.
  .refine((name) => HEADER_NAME.test(name), { error: 'expected the name of an HTTP header' })
  .meta({ pattern: HEADER_NAME.source });

/** Wire protocols that a pool may name; the proxy speaks {@link SERVED_PROTOCOLS}. */
const PROTOCOLS = ['openai', 'anthropic', 'gemini'] as const;
const SERVED_PROTOCOLS = ['openai'] as const;

const PROVIDER_FIELDS = {
  id,
  type: z.string().min(1).optional().meta({
    description:
      'What kind of API it has, by the words in it: anthropic or claude, responses, gemini, iflow, qwen, glm, lmstudio, else openai. Default: as the protocol says, else the id',
  }),
  protocol: z.enum(PROTOCOLS).default('openai'),
  baseUrl: baseUrlSchema
    .optional()
    .meta({ description: 'For example https://api.openai.com/v1; a query is kept, as Azure needs it' }),
  auth: z
    .union([z.enum(['bearer', 'none']), closedObject({ header: headerName })], {
      error: 'expected bearer, none or { header: NAME }',
    })
    .default('bearer')
    .meta({
      description: 'How the key is sent: Authorization: Bearer, in a header of its own (Azure: api-key), or not',
    }),
  headers: z.record(headerName, z.string()).default({}).meta({ description: 'Sent with every call' }),
  passHeaders: z.array(headerName).default([]).meta({ description: "A client's headers that are passed on" }),
  asksForUsage: z
    .boolean()
    .default(true)
    .meta({ description: 'Ask for usage at the end of streams; false for a server that refuses stream_options' }),
  serverToolsDisabled: z
    .boolean()
    .optional()
    .meta({ description: 'It runs no tools of its own, such as a search of the web. Default: false' }),
  serverTools: closedObject({ enabled: z.boolean() })
    .optional()
    .meta({ description: 'enabled: false: the same as serverToolsDisabled: true' }),
  budgets: budgetsSchema,
  keys: z.array(keySchema).min(1),
  models: z.array(modelSchema).min(1),
};
const oneWordOnServerTools = checkFields<{ readonly serverToolsDisabled?: unknown; readonly serverTools?: unknown }>(
  (provider, report) => refuseSecondName(provider, ['serverToolsDisabled', 'serverTools'], report),
);
const providerSchema = closedObject(PROVIDER_FIELDS, ['serverTools']).superRefine(oneWordOnServerTools);

/** A provider that the proxy can serve. */
const servedProviderSchema = closedObject(
  { ...PROVIDER_FIELDS, protocol: z.enum(SERVED_PROTOCOLS).default('openai') },
  ['serverTools'],
).superRefine(oneWordOnServerTools);

const SHA256 = /^[0-9a-f]{64}$/;

const clientKeySchema = closedObject({
  name: z.string().min(1),
  secretSha256: z
    .string()
    // Not by `regex`, whose complaint quotes what it found: it may be the secret itself, put here by mistake.
    .refine((hash) => SHA256.test(hash), {
      error: 'expected 64 lower-case hex digits, as `tokenpool client-key` prints them',
    })
    .optional()
    .meta({
      description: 'SHA-256 of the secret that the client sends; the secret itself is kept nowhere',
      pattern: SHA256.source,
    }),
  models: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: 'Models and aliases it may ask for, auto among them. Default: all' }),
  routes: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: 'Routes that its requests may take. Default: all' }),
  instructions: z
    .enum(INSTRUCTION_USES)
    .optional()
    .meta({ description: 'What becomes of instructions in its messages. Default: as instructions at the top' }),
  rateLimit: closedObject({
    requestsPerMinute: z.int().min(1).optional(),
    tokensPerMinute: z.int().min(1).optional(),
  })
    .default({})
    .meta({ description: 'Short for budgets of requests and tokens per 1m' }),
  priorityCeiling: z.enum(['low', 'normal', 'high']).default('high'),
  budgets: budgetsSchema,
});

/** The pool as a user writes it: providers, each with its keys and its models, of which every pair is a target. */
export const POOL_FIELDS = {
  providers: z.array(providerSchema).min(1),
  modelAliases: z.record(z.string().min(1), z.array(z.string().min(1)).min(1)).default({}),
  clientKeys: z.array(clientKeySchema).default([]),
  ...ROUTING_FIELDS,
};

/** {@link POOL_FIELDS} as the proxy takes them. */
export const SERVED_POOL_FIELDS = { ...POOL_FIELDS, providers: z.array(servedProviderSchema).min(1) };

export const poolSchema = closedObject(POOL_FIELDS).superRefine((pool, context) => {
  checkPool(pool, (path, message) => context.addIssue({ code: 'custom', path: [...path], message }));
});

export type PoolForm = z.output<typeof poolSchema>;
export type ProviderForm = z.output<typeof providerSchema>;

/**
 * The pool that the core routes over, from data of the form of {@link poolSchema}.
 *
 * @param name what the data is, for messages
 * @throws BadInput naming the first field that is wrong
 */
export function parsePool(name: string, value: unknown): PoolDefinition {
  return expandPool(validateValue(name, value, poolSchema));
}

/**
 * The pool that a YAML or JSON file defines.
 *
 * @throws BadInput with place, path and reason
 */
export function loadPool(path: string): PoolDefinition {
  return expandPool(validateFile(readYamlFile(path), poolSchema));
}
