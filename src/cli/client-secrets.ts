import * as z from 'zod';
import { BadInput } from '../config/bad-input.ts';
import { readNamedFile } from '../config/file-trouble.ts';
import { readYamlFile, validateFile } from '../config/yaml-file.ts';

const secretsSchema = z.record(z.string().min(1), z.string().min(1));

/** What may stand in a header. */
const SECRET = /^[\x21-\x7e]+$/;

/**
 * The secret with which clients without one of their own come: the content of a file, else the environment variable
 * `TOKEN_POOL_KEY`, else none. Never taken from the command line, where everybody could read it.
 *
 * @throws BadInput when the file cannot be read or what it holds cannot be a secret
 */
export function readSecret(path: string | undefined): string | null {
  const secret = path === undefined ? (process.env['TOKEN_POOL_KEY'] ?? '') : readNamedFile(path).trim();
  if (path === undefined && secret === '') return null;
  if (!SECRET.test(secret)) {
    throw new BadInput(`${path ?? 'TOKEN_POOL_KEY'}: does not hold a secret (one word of plain characters)`);
  }
  return secret;
}

/**
 * Secrets by client key, from a YAML or JSON file such as `{default: sk-a, batch: sk-b}`.
 *
 * @throws BadInput when the file is not such a mapping; secrets are not repeated
 */
export function readClientSecrets(path: string | undefined): ReadonlyMap<string, string> | undefined {
  if (path === undefined) return undefined;
  const secrets = validateFile(readYamlFile(path), secretsSchema);
  if (Object.keys(secrets).length === 0) {
    throw new BadInput(`${path}: holds no secrets; give one for each client key, such as "default: sk-..."`);
  }
  for (const [name, secret] of Object.entries(secrets)) {
    if (!SECRET.test(secret)) throw new BadInput(`${path}: ${name}: is not a secret (one word of plain characters)`);
  }
  return new Map(Object.entries(secrets));
}
