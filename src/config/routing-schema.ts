/** Routes by kind of request, as a user writes them. What a schema cannot say of them is in `check-routing.ts`. */
import * as z from 'zod';
import { BALANCING_NAMES } from './balancing-names.ts';
import { closedObject } from './closed-object.ts';
import { checkFields, refuseSecondName, synonymFields } from './field-synonyms.ts';

/** Routes that requests are classified to; others are taken by those who ask for them by name. */
export const BUILT_IN_ROUTES = [
  'default',
  'vision',
  'longcontext',
  'web_search',
  'search',
  'thinking',
  'coding',
  'tools',
  'background',
] as const;

/** Where the routes say nothing else, they are for these. */
export const DEFAULT_ROUTED_MODELS: readonly string[] = ['auto'];

const TARGETS_SYNONYMS = ['providers', 'pool', 'entries', 'items', 'routes', 'target', 'provider'] as const;
/** Names of the field that lists a pool's targets. */
export const TARGETS_FIELDS = ['targets', ...TARGETS_SYNONYMS] as const;

const targetName = z.string().min(1).meta({
  description:
    'provider.model (with all keys), provider.alias.model, provider.N (a key by number), provider.alias, provider',
});
const targetNames = z.union([z.array(targetName), targetName], { error: 'expected target names, or one' });

const balancing = z.enum(BALANCING_NAMES).meta({
  description:
    'How a target is chosen: weighted is by the weights of the pool, score-ranked and score-weighted by the scores of the policy',
});

const loadBalancing = closedObject({ strategy: balancing });
export const loadBalancingSchema = loadBalancing.meta({
  description: 'For pools of routes that say nothing of their own. Default: as the policy says',
});

const id = z.string().min(1);
const backup = z.boolean();

const routePoolSchema = closedObject(
  {
    id: id.optional().meta({ description: 'Default: ROUTE:poolN, N counted from 0 in the order of the file' }),
    ...synonymFields('id', ['poolId'], id),
    targets: targetNames.optional().meta({ description: 'Target names, or one of them' }),
    ...synonymFields('targets', TARGETS_SYNONYMS, targetNames),
    priority: z.number().optional().meta({ description: 'Higher goes first. Default: 0' }),
    backup: backup.optional().meta({ description: 'Goes after all pools that are none. Default: false' }),
    ...synonymFields('backup', ['isBackup'], backup),
    type: z.enum(['primary', 'backup']).optional().meta({ description: 'backup: the same as backup: true' }),
    force: z
      .boolean()
      .optional()
      .meta({ description: 'On a pool of vision: images always go the dedicated way. Default: false' }),
    balancing: balancing.optional(),
    loadBalancing: loadBalancing.optional().meta({ description: 'The same as balancing' }),
    weights: z.record(targetName, z.number().gt(0)).optional().meta({
      description: 'For balancing: weighted: target name -> relative weight. A target without one has 1',
    }),
  },
  ['poolId', ...TARGETS_SYNONYMS, 'isBackup', 'type', 'loadBalancing'],
).superRefine(
  checkFields((pool, report) => {
    refuseSecondName(pool, ['id', 'poolId'], report);
    refuseSecondName(pool, TARGETS_FIELDS, report);
    refuseSecondName(pool, ['backup', 'isBackup'], report);
    refuseSecondName(pool, ['balancing', 'loadBalancing'], report);
    if (TARGETS_FIELDS.every((field) => pool[field] === undefined)) {
      report('targets', 'missing; expected target names, such as [provider.model]');
    }
    const isBackup = pool.backup ?? pool.isBackup;
    if (isBackup !== undefined && pool.type !== undefined && isBackup !== (pool.type === 'backup')) {
      report('type', `"${pool.type}" contradicts backup: ${isBackup}; give one of them`);
    }
  }),
);

const routeSchema = z.union(
  [
    z.array(z.union([targetName, routePoolSchema], { error: 'expected a target name or a pool' })),
    routePoolSchema,
    targetName,
  ],
  { error: 'expected pools, or target names' },
);

export const routingSchema = z.record(z.string().min(1), routeSchema).meta({
  description:
    `Route -> its pools, or target names that make one pool; without it a request goes where its model is. Requests ` +
    `are classified to ${BUILT_IN_ROUTES.join(', ')}; a route of another name is taken by those who ask for it`,
});

export const webSearchSchema = closedObject({
  force: z.boolean().default(false).meta({ description: 'Every target of web_search is told to search the web' }),
});

/** What a pool says of routes. */
export const ROUTING_FIELDS = {
  routing: routingSchema.optional(),
  routedModels: z.array(z.string().min(1)).min(1).optional().meta({
    description:
      'Models for which the routes decide: any name but an address; *: also every name that means nothing else. Default: [auto]',
  }),
  loadBalancing: loadBalancingSchema.optional(),
  webSearch: webSearchSchema.optional().meta({ description: 'How the route web_search searches' }),
};

const routingForm = z.object(ROUTING_FIELDS);
export type RoutingForm = z.output<typeof routingForm>;
export type RouteForm = z.output<typeof routeSchema>;
export type RoutePoolForm = z.output<typeof routePoolSchema>;
