import { ANY_MODEL } from '../router/index.ts';
import { checkRouting } from './check-routing.ts';
import { expandUnrouted, keyAlias } from './expand-pool.ts';
import { matchesPattern, type TargetName } from './model-pattern.ts';
import type { PoolForm } from './pool-schema.ts';

/** Takes a problem: where in the pool's data, and what is wrong. */
export type ReportProblem = (path: readonly PropertyKey[], message: string) => void;

/** What a schema cannot say of a pool: names are unique, and references lead somewhere. */
export function checkPool(pool: PoolForm, report: ReportProblem): void {
  refuseRepeats(
    pool.providers.map(({ id }, i) => ({ name: id, path: ['providers', i, 'id'] })),
    'provider',
    report,
  );
  for (const [i, provider] of pool.providers.entries()) {
    const keys = provider.keys.map((_, k) => ({ name: keyAlias(provider, k), path: ['providers', i, 'keys', k] }));
    const models = provider.models.map(({ id }, m) => ({ name: id, path: ['providers', i, 'models', m, 'id'] }));
    for (const { name, path } of models) {
      if (name === ANY_MODEL) report(path, `"${name}" is taken: it means the whole pool; choose another id`);
    }
    refuseRepeats(keys, `key of ${provider.id}`, report);
    refuseRepeats(models, `model of ${provider.id}`, report);
  }
  refuseRepeats(
    pool.clientKeys.map(({ name }, i) => ({ name, path: ['clientKeys', i, 'name'] })),
    'client key',
    report,
  );
  refuseSharedSecrets(pool, report);
  checkAliases(pool, report);
  checkRouting(pool, expandUnrouted(pool), report);
}

/** One secret of two client keys would be the last one's alone, with its models and budgets. */
function refuseSharedSecrets({ clientKeys }: PoolForm, report: ReportProblem): void {
  for (const [i, { secretSha256 }] of clientKeys.entries()) {
    const first = clientKeys.findIndex((other) => other.secretSha256 === secretSha256);
    if (secretSha256 === undefined || first === i) continue;
    report(
      ['clientKeys', i, 'secretSha256'],
      `is that of "${clientKeys[first]?.name}" already; each client key has a secret of its own`,
    );
  }
}

interface Named {
  readonly name: string;
  readonly path: readonly PropertyKey[];
}

function refuseRepeats(entries: readonly Named[], what: string, report: ReportProblem): void {
  const seen = new Set<string>();
  for (const { name, path } of entries) {
    if (seen.has(name)) report(path, `there is already a ${what} named "${name}"`);
    seen.add(name);
  }
}

function checkAliases(pool: PoolForm, report: ReportProblem): void {
  const targets = targetNames(pool);
  for (const [alias, patterns] of Object.entries(pool.modelAliases)) {
    if (alias === ANY_MODEL) {
      report(['modelAliases', alias], `"${alias}" is taken: it means the whole pool; choose another name`);
    }
    if (targets.some((target) => target.model === alias)) {
      report(['modelAliases', alias], `"${alias}" is a model of the pool, so it cannot be an alias too`);
    }
    for (const [i, pattern] of patterns.entries()) {
      if (targets.some((target) => matchesPattern(target, pattern))) continue;
      const models = [...new Set(targets.map((target) => target.model))].join(', ');
      report(
        ['modelAliases', alias, i],
        `"${pattern}" matches no target; expected *, a model, provider.model or provider.key.model ` +
          `(models: ${models})`,
      );
    }
  }
}

function targetNames(pool: PoolForm): TargetName[] {
  return pool.providers.flatMap((provider) =>
    provider.keys.flatMap((_, k) =>
      provider.models.map(({ id: model }) => ({
        id: `${provider.id}.${keyAlias(provider, k)}.${model}`,
        provider: provider.id,
        model,
      })),
    ),
  );
}
