import type { Endpoint } from '../../protocols/openai/index.ts';

export interface ProviderEndpoint {
  readonly origin: string;
  readonly path: string;
}

const PATHS: Readonly<Record<Endpoint, string>> = { chat: 'chat/completions', embeddings: 'embeddings' };

/**
 * Where an endpoint is below a provider's base URL, for example `https://api.openai.com/v1`. A query of the base
 * URL is kept, as Azure needs it: `https://x.example/openai/deployments/d?api-version=2024-10-21`.
 *
 * @throws TypeError when it is no URL of http or https; the message does not quote it
 */
export function endpointOf(baseUrl: string, endpoint: Endpoint): ProviderEndpoint {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TypeError('the base URL of a provider must start with http:// or https://');
  }
  const folder = url.pathname.replace(/\/+$/, '');
  return { origin: url.origin, path: `${folder}/${PATHS[endpoint]}${url.search}` };
}
