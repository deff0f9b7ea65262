import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { PoolDefinition } from '../router/pool.ts';
import { BadInput } from './bad-input.ts';
import { expandPool, keyAlias } from './expand-pool.ts';
import { fileTrouble } from './file-trouble.ts';
import { gatewaySchema, type GatewayForm } from './gateway-schema.ts';
import { BUILT_IN_POLICIES, loadPolicy, type NamedPolicy } from './load-policy.ts';
import { nearestName } from './nearest-name.ts';
import { configurePolicy, overridePolicy, type Environment } from './policy-override.ts';
import { speakableVariable } from './variable-name.ts';
import { readYamlFile, validateFile, type YamlFile } from './yaml-file.ts';

/**
 * The pool of a `token-pool.yaml` alone, without its secrets.
 *
 * @throws BadInput in one line: the file, the place, what is wrong
 */
export function loadGatewayPool(path: string): PoolDefinition {
  return expandPool(validateFile(readYamlFile(path), gatewaySchema));
}

/** Everything that a proxy is started or reloaded with. */
export interface Gateway {
  readonly path: string;
  readonly pool: PoolDefinition;
  /** As written, durations and sizes in numbers. */
  readonly form: GatewayForm;
  readonly policy: NamedPolicy;
  /** Any other policy as it would be served: with what this configuration and the environment put in place of its own. */
  readonly adapted: (policy: NamedPolicy) => NamedPolicy;
  /** Absolute. */
  readonly logFolder: string;
  /** SHA-256 of the admin token, null when there is none: then there is no admin API. */
  readonly adminTokenHash: Buffer | null;
  /** The secret of a provider's key by its id (`provider.alias`), null for one without. A function, so that nothing that prints a gateway prints secrets. */
  readonly secretOf: (keyId: string) => string | null;
  /** All secrets, so that they can be kept out of what is written. */
  readonly secrets: () => readonly string[];
}

/** Shorter ones could be guessed. */
const ADMIN_TOKEN_LENGTH_MIN = 16;

/**
 * Reads a `token-pool.yaml` with its policy and its secrets.
 *
 * @param environment of the process: secrets, and the overrides of `overridePolicy`
 * @throws BadInput in one line: the file, the place, what is wrong; never a secret
 */
export function loadGateway(path: string, environment: Environment): Gateway {
  const file = readYamlFile(path);
  const form = validateFile(file, gatewaySchema);
  const folder = dirname(resolve(path));
  const secrets = new Map<string, string | null>();
  for (const [index, provider] of form.providers.entries()) {
    provider.keys.forEach((key, position) => {
      const id = `${provider.id}.${keyAlias(provider, position)}`;
      const field = key.secretEnv === undefined ? 'secretFile' : 'secretEnv';
      const whose = `${file.locate(['providers', index, 'keys', position, field])}: key ${id}`;
      secrets.set(id, readSecret(key.secretEnv, key.secretFile, environment, folder, whose));
    });
  }
  const token = readAdminToken(file, form.admin, environment, folder);
  const contextRouting = form.contextRouting ?? form.context_routing ?? {};
  const adapted = (policy: NamedPolicy): NamedPolicy =>
    overridePolicy(configurePolicy(policy, form.classifier, contextRouting), environment);
  return {
    path,
    pool: expandPool(form),
    form,
    policy: adapted(servedPolicy(file, form.policy, folder)),
    adapted,
    logFolder: within(folder, form.log.folder),
    adminTokenHash: token === null ? null : createHash('sha256').update(token).digest(),
    secretOf: (keyId) => secrets.get(keyId) ?? null,
    secrets: () => [...secrets.values(), token].filter((secret) => secret !== null),
  };
}

function readAdminToken(
  file: YamlFile,
  { tokenEnv, tokenFile }: GatewayForm['admin'],
  environment: Environment,
  folder: string,
): string | null {
  const whose = `${file.locate(['admin', tokenEnv === undefined ? 'tokenFile' : 'tokenEnv'])}: the admin token`;
  const token = readSecret(tokenEnv, tokenFile, environment, folder, whose);
  if (token !== null && token.length < ADMIN_TOKEN_LENGTH_MIN) {
    const holder = tokenEnv === undefined ? `the file ${tokenFile}` : speakableVariable(tokenEnv);
    throw new BadInput(
      `${whose}: ${holder} holds fewer than ${ADMIN_TOKEN_LENGTH_MIN} characters; put a longer one into it`,
    );
  }
  return token;
}

/** A built-in policy, or that of a file beside the configuration. */
function servedPolicy(file: YamlFile, policy: string, folder: string): NamedPolicy {
  if ((BUILT_IN_POLICIES as readonly string[]).includes(policy)) return loadPolicy(policy);
  const path = within(folder, policy);
  const place = `${file.locate(['policy'])}: policy: ${JSON.stringify(policy)}`;
  if (!existsSync(path)) {
    const near = nearestName(policy, BUILT_IN_POLICIES);
    const hint = near === null ? '' : `; did you mean ${near}?`;
    throw new BadInput(
      `${place} is neither a file nor a built-in policy${hint} (built in: ${BUILT_IN_POLICIES.join(', ')})`,
    );
  }
  if (statSync(path).isDirectory()) throw new BadInput(`${place} is a folder; name a file or a built-in policy`);
  return loadPolicy(path);
}

function within(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}

/** Null when neither place is named. */
function readSecret(
  variable: string | undefined,
  file: string | undefined,
  environment: Environment,
  folder: string,
  whose: string,
): string | null {
  if (variable !== undefined) {
    const given = environment[variable];
    if (given === undefined) throw new BadInput(`${whose}: ${speakableVariable(variable)} is not set; set it`);
    const secret = given.trim();
    if (secret === '') throw new BadInput(`${whose}: ${speakableVariable(variable)} is empty; put the secret into it`);
    return secret;
  }
  if (file === undefined) return null;
  const secret = readSecretFile(within(folder, file), whose).trim();
  if (secret === '') throw new BadInput(`${whose}: the file ${file} is empty; put the secret into it`);
  return secret;
}

function readSecretFile(path: string, whose: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BadInput(`${whose}: the file ${path} cannot be read: ${fileTrouble(error)}`);
  }
}
