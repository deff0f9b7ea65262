/** Where the policies of a search come from. */
import { policyHash } from '../../src/config/load-policy.ts';
import { knobValues } from '../../src/config/policy-knobs.ts';
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../src/router/keyed-draw.ts';
import type { Policy } from '../../src/router/policy.ts';
import { pointOfPolicy, type SearchSpace } from './search-space.ts';
import { sobolSequence } from './sobol.ts';
import type { Candidate } from './trial-book.ts';
import type { TrialOrigin } from './tuning-result.ts';

const KEEP_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 504;
const RANDOM_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 505;

/** A policy that is given, such as the incumbent. */
export function givenCandidate(space: SearchSpace, origin: TrialOrigin, policy: Policy): Candidate {
  return {
    origin,
    policy,
    policyHash: policyHash(policy),
    point: pointOfPolicy(space, policy),
    knobs: knobValues(policy, space.knobs),
  };
}

/** The policy at a point. */
export function candidateAt(space: SearchSpace, origin: TrialOrigin, point: Float64Array): Candidate {
  const policy = space.policyAt(point);
  return { origin, policy, policyHash: policyHash(policy), point, knobs: knobValues(policy, space.knobs) };
}

/**
 * Points of a scrambled Sobol' sequence. Every other one keeps a drawn half of the incumbent's knobs: in many dimensions
 * most of what is good about it would be lost otherwise.
 */
export function sobolCandidates(space: SearchSpace, incumbent: Candidate, seed: number): (index: number) => Candidate {
  const sequence = sobolSequence(space.knobs.length, seed);
  return (index) => {
    const drawn = sequence.point(index);
    const keeps = (knob: number): boolean => index % 2 === 1 && drawUniform(seed, index, knob, KEEP_PURPOSE) < 0.5;
    const point = drawn.map((coordinate, knob) => (keeps(knob) ? incumbent.point[knob]! : coordinate));
    return candidateAt(space, 'sobol', point);
  };
}

/** Points drawn uniformly and independently: what any search has to beat. */
export function randomCandidates(space: SearchSpace, count: number, seed: number): Candidate[] {
  return Array.from({ length: count }, (_, index) =>
    candidateAt(
      space,
      'random',
      Float64Array.from(space.knobs, (_knob, knob) => drawUniform(seed, index, knob, RANDOM_PURPOSE)),
    ),
  );
}
