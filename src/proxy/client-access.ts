/** Which client a call comes from, and what that client may ask for. Secrets are known by their SHA-256 only. */
import { createHash } from 'node:crypto';
import { instructionUseOf, type InstructionUse } from '../config/instruction-use.ts';
import { ANY_MODEL } from '../router/index.ts';
import type { Gateway } from '../config/load-gateway.ts';

export interface Client {
  /** Name of the client key; budgets and rows of the log go by it. */
  readonly name: string;
  /** Null: every model. */
  readonly models: ReadonlySet<string> | null;
  /** What becomes of routing instructions in its messages. */
  readonly instructions: InstructionUse;
}

export interface ClientAccess {
  /** The client of a call by its headers; null when it has no key, or an unknown one. */
  identify(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Client | null;
}

/** Longer texts are no secrets of ours, and hashing them is work that strangers could ask for. */
const SECRET_LENGTH_MAX = 512;

/** Open to everybody as long as no client key has a secret; then a key is needed. */
export function createClientAccess(
  form: Pick<Gateway['form'], 'clientKeys' | 'instructions' | 'routedModels'>,
): ClientAccess {
  const byHash = new Map<string, Client>();
  for (const { name, secretSha256, models, routes } of form.clientKeys) {
    if (secretSha256 === undefined) continue;
    // Who may take some routes only could else go round them by naming a model.
    const names = models ?? (routes === undefined ? undefined : (form.routedModels ?? [ANY_MODEL]));
    byHash.set(secretSha256, {
      name,
      models: names === undefined ? null : new Set(names),
      instructions: instructionUseOf(form, name),
    });
  }
  const isOpen = byHash.size === 0;
  /** Whoever calls a proxy that knows no secrets. */
  const anybody: Client = { name: 'default', models: null, instructions: instructionUseOf(form, null) };
  return {
    identify(headers) {
      if (isOpen) return anybody;
      const secret = secretIn(headers);
      // Looking a hash up tells a stranger nothing: to steer it, the hash would have to be inverted.
      return secret === null ? null : (byHash.get(createHash('sha256').update(secret).digest('hex')) ?? null);
    },
  };
}

/** `Authorization: Bearer`, or the headers by which other clients send their key. */
function secretIn(headers: Readonly<Record<string, string | readonly string[] | undefined>>): string | null {
  const { authorization } = headers;
  const given =
    typeof authorization === 'string' && /^bearer /i.test(authorization)
      ? authorization.slice('bearer '.length).trim()
      : (headers['api-key'] ?? headers['x-api-key']);
  return typeof given === 'string' && given !== '' && given.length <= SECRET_LENGTH_MAX ? given : null;
}

/** May the client ask for a model of this name? */
export function mayAsk({ models }: Client, model: string): boolean {
  return models === null || models.has(model);
}
