/** Why a name in a route stands for no target, in the words of the part that is wrong. */
import type { PoolDefinition } from '../router/pool.ts';
import { nearestName } from './nearest-name.ts';

/**
 * What is wrong with a name that `addressedTargets` does not have: which part of it is unknown, what was probably
 * meant, and what there is.
 */
export function whyUnknownTarget(name: string, pool: PoolDefinition): string {
  const dot = name.indexOf('.');
  const provider = dot < 0 ? name : name.slice(0, dot);
  const providers = pool.providers.map(({ id }) => id);
  if (!providers.includes(provider)) return whyUnknownProvider(name, provider, providers, pool);
  const rest = name.slice(provider.length + 1);
  const aliases = pool.keys.filter((key) => key.provider === provider).map(({ id }) => id.slice(provider.length + 1));
  const models = unique(pool.targets.filter((target) => target.provider === provider).map(({ model }) => model));
  if (/^\d+$/.test(rest)) {
    return `route references unknown provider key ${rest} of ${provider}; its keys are ${numbered(aliases)}`;
  }
  // As in addresses, digits and a dash before an alias may be left out.
  const spellings = [...aliases, ...aliases.map((each) => each.replace(/^\d+-(?=.)/, ''))];
  const alias = spellings.find((each) => rest.startsWith(`${each}.`));
  const model = alias === undefined ? rest : rest.slice(alias.length + 1);
  if (model === '')
    return `missing model id after "${name}"; expected ${provider}.model (models: ${models.join(', ')})`;
  const suffix = models.find((each) => model.endsWith(`.${each}`));
  if (alias === undefined && suffix !== undefined) {
    const key = model.slice(0, -suffix.length - 1);
    return `route references unknown provider key "${key}" of ${provider}${hint(key, spellings)} (keys: ${aliases.join(', ')})`;
  }
  const owner = alias === undefined ? provider : `${provider}.${alias}`;
  const known = alias === undefined ? [...models, ...spellings] : models;
  return `route references unknown model "${model}" of ${owner}${hint(model, known)} (models: ${models.join(', ')})`;
}

function whyUnknownProvider(
  name: string,
  provider: string,
  providers: readonly string[],
  { targets, modelAliases }: PoolDefinition,
): string {
  const owners = unique(targets.filter(({ model }) => model === name).map((target) => target.provider));
  if (owners.length > 0) {
    const addresses = owners.map((owner) => `${owner}.${name}`).join(' or ');
    return `"${name}" is a model without its provider; write ${addresses}`;
  }
  if (Object.hasOwn(modelAliases, name)) return `"${name}" is an alias of models; a route names the targets themselves`;
  return `route references unknown provider "${provider}"${hint(provider, providers)} (providers: ${providers.join(', ')})`;
}

function hint(written: string, known: readonly string[]): string {
  const near = nearestName(written, known);
  return near === null ? '' : `; did you mean ${near}?`;
}

function numbered(aliases: readonly string[]): string {
  return aliases.map((alias, index) => `${index + 1} (${alias})`).join(', ');
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
