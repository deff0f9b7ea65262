/** What a row of a decision says, in words for people: for the terminal and for pages alike. */
import type { Arm, BalancingMode, DecisionCause } from '../router/index.ts';
import type { DecisionRow } from './schema.ts';

/** What made the core decide, as the end of "caused by". */
export const CAUSE_WORDS: Readonly<Record<DecisionCause, string>> = {
  arrival: 'a new request',
  retry: 'a failed attempt',
  queue: 'room for a queued request',
};

/** Whose policy decided. */
export const ARM_WORDS: Readonly<Record<Arm, string>> = {
  main: 'the main policy',
  canary: "the canary's policy",
};

/** How each strategy comes to its choice among several candidates; `draw` is the one behind the pick. */
const CHOICES: Readonly<Record<BalancingMode, (draw: string) => string>> = {
  ranked: () => 'It had the best score.',
  weighted: (draw) => `The draw ${draw}, in proportion to the weights, fell on it.`,
  'round-robin': () => 'It was the one used longest ago.',
  random: (draw) => `The draw ${draw}, uniform over the candidates, fell on it.`,
  'least-busy': () => 'It had the least in flight.',
  'lowest-latency': () => 'It had the lowest latency.',
  'lowest-cost': () => 'It was the cheapest.',
  'static-weighted': (draw) => `The draw ${draw}, in proportion to the weights of its pool, fell on it.`,
  'power-of-two': (draw) => `It was the less busy of two drawn at random (first draw ${draw}).`,
};

/** One or two sentences on why this target. */
export function choiceWords({ chosen_target, mode, explored, draw, propensity, eligible }: DecisionRow): string {
  if (chosen_target === null) return 'No candidate was eligible, so nothing was drawn.';
  if (eligible === 1) return 'It was the only eligible candidate, so its chance was 100 %.';
  const how = explored ? `The exploration draw ${ratioText(draw)} fell on it.` : CHOICES[mode](ratioText(draw));
  return `${how} Its chance of being chosen was ${chanceText(propensity)}.`;
}

/** Which way it went; null when neither routes nor instructions had a say. */
export function routingWords({
  steering,
  requested_route,
  route,
  route_pool,
  route_reason,
  session_scope,
}: DecisionRow): string | null {
  if (steering === null) return null;
  const wanted = requested_route === null ? 'no route' : `route ${requested_route}`;
  const by = { none: '', force: ', forced by an instruction', sticky: ', sticky by an instruction' }[steering];
  const pool = route_pool === null ? '' : `, pool ${route === null ? '' : `${route}/`}${route_pool}`;
  const scope = session_scope === null ? '' : `, instructions of the ${session_scope}`;
  return `${wanted} (${route_reason ?? 'no reason'})${pool}${by}${scope}`;
}

/** A number in [0,1] with four decimals; very small ones with their exponent. */
export function ratioText(value: number): string {
  return value !== 0 && Math.abs(value) < 0.0001 ? value.toExponential(1) : value.toFixed(4);
}

/** A probability: `12.50 %`. */
export function chanceText(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}
