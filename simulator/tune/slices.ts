/** Utility along one knob after the other, everything else as in the candidate. */
import { policyHash } from '../../src/config/load-policy.ts';
import { policyWithKnobs, type Knob, type KnobValue } from '../../src/config/policy-knobs.ts';
import type { Objective } from '../../src/config/objective.ts';
import { metricsOf } from './block-figures.ts';
import { utilityOf } from './objective-value.ts';
import type { PolicyReplay, RunReplays } from './policy-replay.ts';
import { valueOf } from './search-space.ts';
import type { Candidate, Rung } from './trial-book.ts';
import type { KnobSlice } from './tuning-result.ts';

/** Values along a range, its ends included. */
export const SLICE_POINTS = 5;

/** @param rung how much of the train part; its faults are left out */
export async function knobSlices(
  { policy }: Candidate,
  knobs: readonly Knob[],
  rung: Rung,
  seed: number,
  objective: Objective,
  run: RunReplays,
): Promise<readonly KnobSlice[]> {
  const points = knobs.flatMap((knob) => valuesAlong(knob).map((value) => ({ path: knob.path, value })));
  const replays = points.flatMap(({ path, value }): PolicyReplay[] => {
    const changed = policyWithKnobs(policy, { [path]: value });
    const hash = policyHash(changed);
    return rung.stretches.map((stretch) => ({
      policy: changed,
      policyHash: hash,
      variant: 0,
      seed,
      stretch,
      blocks: 1,
    }));
  });
  const figures = await run(replays);
  const perPoint = rung.stretches.length;
  const judged = points.map(({ path, value }, index) => {
    const own = figures.slice(index * perPoint, (index + 1) * perPoint);
    const metrics = metricsOf(own.flatMap(({ blocks }) => blocks));
    const utility = utilityOf(metrics, objective);
    return { path, value, metrics, utility: Number.isFinite(utility) ? utility : -Number.MAX_VALUE };
  });
  return knobs.map((knob) => ({
    path: knob.path,
    points: judged
      .filter(({ path }) => path === knob.path)
      .map(({ value, metrics, utility }) => ({ value, utility, metrics })),
  }));
}

function valuesAlong(knob: Knob): readonly KnobValue[] {
  if (knob.choices !== null) return knob.choices;
  const values = Array.from({ length: SLICE_POINTS }, (_, index) => valueOf(knob, index / (SLICE_POINTS - 1)));
  return [...new Set(values)];
}
