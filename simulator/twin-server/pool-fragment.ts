/** The pool of a scenario with the twins' addresses, as the `providers` of a `token-pool.yaml`. */
import { keyFactsOf, poolFactsOf, providerFactsOf, type PlainForm } from '../../src/config/pool-form.ts';
import type { Scenario } from '../scenario.ts';
import { TWIN_HEADERS } from './header-names.ts';
import type { Twins } from './start-twins.ts';

const PASSED_TO_TWINS: readonly string[] = [
  TWIN_HEADERS.requestId[0],
  TWIN_HEADERS.attempt,
  TWIN_HEADERS.outputTokens,
  TWIN_HEADERS.prefixBlocks,
  TWIN_HEADERS.session,
];

/** Where a key's secret is: the fields that the file has for it. */
export type SecretPlace = (
  provider: string,
  alias: string,
) => { readonly secretEnv: string } | { readonly secretFile: string };

/** `TWIN_<PROVIDER>_<ALIAS>`: the environment variable in which a proxy looks for a twin's secret. */
export function secretVariable(provider: string, alias: string): string {
  return `TWIN_${provider}_${alias}`.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/**
 * Plain data, ready to be written as YAML. All providers speak the OpenAI protocol, whatever their twins stand for.
 *
 * @param secretOf default: the variables of {@link secretVariable}
 */
export function poolFragment(
  { pool }: Scenario,
  twins: Pick<Twins, 'providers'>,
  secretOf: SecretPlace = (provider, alias) => ({ secretEnv: secretVariable(provider, alias) }),
): PlainForm {
  const providers = twins.providers.map(({ id, baseUrl, keys }) => ({
    id,
    protocol: 'openai',
    baseUrl,
    // What only a twin can use, and by which its draws are keyed.
    passHeaders: PASSED_TO_TWINS,
    ...providerFactsOf(pool, id),
    keys: keys.map(({ alias }) => {
      const key = pool.keys.find((each) => each.id === `${id}.${alias}`);
      return { alias, ...secretOf(id, alias), ...(key === undefined ? {} : keyFactsOf(key)) };
    }),
  }));
  return { providers, ...poolFactsOf(pool) };
}
