/** What requests can be steered by under a configuration, made ready once. */
import type { Gateway } from '../config/load-gateway.ts';
import type { SteeringOptions } from '../protocols/openai/index.ts';
import { addressedTargets, BUILT_IN_ROUTES } from '../router/index.ts';

export interface SteeringWords {
  /** For client keys whose instructions are applied, and for all others. */
  readonly forSteering: SteeringOptions;
  readonly forOthers: SteeringOptions;
  /** What instructions and bans can name. */
  readonly addresses: ReadonlySet<string>;
  /** What a hint can name, and those of them that have pools. */
  readonly routes: ReadonlySet<string>;
  readonly configuredRoutes: readonly string[];
}

export function steeringWords({ pool, form }: Pick<Gateway, 'pool' | 'form'>): SteeringWords {
  const hasRoutes = pool.routing !== null;
  const { backgroundKeywords } = form.classifier;
  const configured = pool.routing?.routes.map(({ name }) => name) ?? [];
  return {
    forSteering: { hasRoutes, maySteer: true, backgroundKeywords },
    forOthers: { hasRoutes, maySteer: false, backgroundKeywords },
    addresses: new Set(addressedTargets(pool).keys()),
    routes: new Set([...configured, ...BUILT_IN_ROUTES]),
    configuredRoutes: configured,
  };
}
