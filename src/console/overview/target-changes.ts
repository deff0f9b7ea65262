/** What changed of the targets between two looks, in words that are read out. */
import type { TargetStatus } from '../../proxy/console/contract.ts';

type Look = Pick<TargetStatus, 'target' | 'state'>;

/** More would be noise, and the table has them all. */
const TOLD_MAX = 3;

/** Empty when nothing did, or before the first look. */
export function targetChanges(before: readonly Look[] | null, now: readonly Look[]): string {
  if (before === null) return '';
  const states = new Map(before.map(({ target, state }) => [target, state]));
  const changes = now.flatMap(({ target, state }) => {
    const was = states.get(target);
    return was === undefined || was === state ? [] : [`${target} is ${state}, was ${was}.`];
  });
  const more = changes.length - TOLD_MAX;
  return [...changes.slice(0, TOLD_MAX), ...(more > 0 ? [`${more} more targets changed.`] : [])].join(' ');
}
