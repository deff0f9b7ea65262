/** Which knobs a search turns: those that were asked for, or the usual ones that can make a difference here. */
import type { ReplayFigures } from '../../../simulator/tune/block-figures.ts';
import { knobsNamed, usualKnobs, type Knob } from '../../config/policy-knobs.ts';
import { REQUEST_CLASSES } from '../../router/policy.ts';
import type { PoolDefinition } from '../../router/pool.ts';

/** A class with a smaller share of the requests is left as it is. */
const CLASS_SHARE_MIN = 0.02;
const PROFILES = 'classes.profiles.';
const BUDGET = 'budget.';

/**
 * @param named paths, or null for the usual knobs: without those of budgets in a pool that has none, and with the profiles
 *   of the classes that the traffic has, if there is more than one (for one alone the weights say the same)
 * @throws BadInput for a path that cannot be tuned
 */
export function tunedKnobs(
  named: readonly string[] | null,
  pool: PoolDefinition,
  { classes }: ReplayFigures,
): readonly Knob[] {
  if (named !== null) return knobsNamed(named);
  const hasBudgets = [...pool.targets, ...pool.keys, ...pool.providers, ...pool.clientKeys].some(
    ({ budgets }) => budgets.length > 0,
  );
  const ended = classes.reduce((sum, each) => sum + each.ended, 0);
  const present = REQUEST_CLASSES.filter((_, index) => classes[index]!.ended >= CLASS_SHARE_MIN * ended);
  return usualKnobs().filter(({ path }) => {
    if (path.startsWith(BUDGET)) return hasBudgets;
    if (!path.startsWith(PROFILES)) return true;
    return present.length > 1 && present.some((name) => path.startsWith(`${PROFILES}${name}.`));
  });
}
