/** How pools of routes choose among their targets, in the words of files. */
import type { BalancingMode } from '../router/policy.ts';

/** The names that differ from the core's: in files, `weighted` is by the weights that the pool itself gives. */
const MODE_BY_NAME = {
  'round-robin': 'round-robin',
  weighted: 'static-weighted',
  'score-ranked': 'ranked',
  ranked: 'ranked',
  'score-weighted': 'weighted',
  random: 'random',
  'least-busy': 'least-busy',
  'lowest-latency': 'lowest-latency',
  'lowest-cost': 'lowest-cost',
  'power-of-two': 'power-of-two',
} as const satisfies Readonly<Record<string, BalancingMode>>;

export type BalancingName = keyof typeof MODE_BY_NAME;

export const BALANCING_NAMES = Object.keys(MODE_BY_NAME) as readonly BalancingName[];

/** The mode of the core that a name of a file means. */
export function balancingMode(name: BalancingName): BalancingMode {
  return MODE_BY_NAME[name];
}

/** The name that a file has for a mode of the core. */
export function balancingName(mode: BalancingMode): BalancingName {
  return BALANCING_NAMES.find((name) => MODE_BY_NAME[name] === mode)!;
}
