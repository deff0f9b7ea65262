/** Where each target is reached and with what: made once from the configuration, so that a call only looks it up. */
import type { Gateway } from '../config/load-gateway.ts';
import { BadInput } from '../config/bad-input.ts';
import type { Prices } from '../router/index.ts';
import {
  createHeaderSet,
  endpointOf,
  type HeaderSet,
  type ProviderAuth,
  type ProviderEndpoint,
} from './upstream/index.ts';

export interface TargetConnection {
  readonly chat: ProviderEndpoint;
  readonly embeddings: ProviderEndpoint;
  readonly headers: HeaderSet;
  /** The provider's own name for the model. */
  readonly model: string;
  readonly asksForUsage: boolean;
  readonly prices: Prices;
}

/** By target id. @throws BadInput when a provider's address or headers cannot be used */
export function connectTargets({ path, pool, form, secretOf }: Gateway): ReadonlyMap<string, TargetConnection> {
  const providers = new Map(form.providers.map((provider) => [provider.id, provider]));
  return new Map(
    pool.targets.map((target) => {
      const provider = providers.get(target.provider)!;
      const model = provider.models.find(({ id }) => id === target.model)!;
      const baseUrl = provider.baseUrl ?? '';
      try {
        const connection: TargetConnection = {
          chat: endpointOf(baseUrl, 'chat'),
          embeddings: endpointOf(baseUrl, 'embeddings'),
          headers: createHeaderSet(authOf(provider.auth, secretOf(target.key)), provider.headers, provider.passHeaders),
          model: model.upstreamModel ?? model.id,
          asksForUsage: provider.asksForUsage,
          prices: target.prices,
        };
        return [target.id, connection];
      } catch (error) {
        throw new BadInput(`${path}: provider ${provider.id}: ${(error as Error).message}`);
      }
    }),
  );
}

function authOf(auth: Gateway['form']['providers'][number]['auth'], secret: string | null): ProviderAuth {
  if (auth === 'none' || secret === null) return { kind: 'none' };
  return auth === 'bearer' ? { kind: 'bearer', secret } : { kind: 'header', name: auth.header, secret };
}
