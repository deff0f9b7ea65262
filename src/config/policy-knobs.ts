/** The knobs of a policy: the fields of its schema that say how they may be varied. */
import * as z from 'zod';
import type { Policy } from '../router/policy.ts';
import { BadInput } from './bad-input.ts';
import { parsePolicy } from './load-policy.ts';
import { nearestName } from './nearest-name.ts';
import { policySchema } from './policy-schema.ts';
import type { TuneRange } from './tune-meta.ts';

export type KnobValue = number | string;

/** One number (or choice) of the policy that may be tuned, as the policy's schema declares it. */
export interface Knob {
  /** Path in the policy, e.g. `score.weights.cost`. */
  readonly path: string;
  readonly scale: 'linear' | 'log' | 'integer' | 'choice';
  /** Least and most; null for a choice. */
  readonly range: readonly [number, number] | null;
  readonly choices: readonly string[] | null;
}

/** A knob as it stands in the schema: `isUsual` when it is varied without being asked for. */
export interface DeclaredKnob extends Knob {
  readonly isUsual: boolean;
}

/** All of them, in the order of the schema. */
export const POLICY_KNOBS: readonly DeclaredKnob[] = knobsIn(policySchema, []);

/**
 * The knobs with these paths, in the order of the schema.
 *
 * @throws BadInput for a path that is none
 */
export function knobsNamed(paths: readonly string[]): readonly Knob[] {
  for (const path of paths) {
    if (POLICY_KNOBS.some((knob) => knob.path === path)) continue;
    const known = POLICY_KNOBS.map((knob) => knob.path);
    const near = nearestName(path, known);
    throw new BadInput(
      `--knobs: "${path}" cannot be tuned${near === null ? '' : `; did you mean ${near}?`} (there are: ${known.join(', ')})`,
    );
  }
  return POLICY_KNOBS.filter((knob) => paths.includes(knob.path)).map(plainKnob);
}

/** The knobs that are varied without being asked for. */
export function usualKnobs(): readonly Knob[] {
  return POLICY_KNOBS.filter((knob) => knob.isUsual).map(plainKnob);
}

/** What a policy says at a knob. */
export function knobValue(policy: Policy, path: string): KnobValue {
  let value: unknown = policy;
  for (const name of path.split('.')) value = (value as Readonly<Record<string, unknown>>)[name];
  return value as KnobValue;
}

/** The values of several knobs by their paths. */
export function knobValues(policy: Policy, knobs: readonly Knob[]): Record<string, KnobValue> {
  return Object.fromEntries(knobs.map(({ path }) => [path, knobValue(policy, path)]));
}

/**
 * The policy with other values at some knobs. Where two fields depend on each other, the upper one is raised to the lower
 * one, so that every combination of values gives a policy, and the same one each time.
 *
 * @throws BadInput when a value is not allowed at its field
 */
export function policyWithKnobs(policy: Policy, values: Readonly<Record<string, KnobValue>>): Policy {
  const changed = structuredClone(policy) as Policy;
  for (const [path, value] of Object.entries(values)) setAt(changed, path.split('.'), value);
  return parsePolicy('tuned policy', withOrder(changed));
}

function withOrder(policy: Policy): Policy {
  const { health, retry, score } = policy;
  const hasWeight = Object.values(score.weights).some((weight) => weight > 0);
  return {
    ...policy,
    // Weights of 0 leave nothing to rank by; equal ones mean the same.
    score: hasWeight ? score : { ...score, weights: evenWeights(score.weights) },
    health: {
      ...health,
      unhealthyFailureRatio: Math.max(health.degradedFailureRatio, health.unhealthyFailureRatio),
      cooldownMaxMs: Math.max(health.cooldownMs, health.cooldownMaxMs),
    },
    retry: { ...retry, backoffMaxMs: Math.max(retry.backoffBaseMs, retry.backoffMaxMs) },
  };
}

function evenWeights(weights: Policy['score']['weights']): Policy['score']['weights'] {
  return Object.fromEntries(Object.keys(weights).map((term) => [term, 1])) as unknown as Policy['score']['weights'];
}

function setAt(target: object, [name, ...rest]: readonly string[], value: KnobValue): void {
  const fields = target as Record<string, unknown>;
  if (rest.length === 0) fields[name!] = value;
  else setAt(fields[name!] as object, rest, value);
}

function plainKnob({ path, scale, range, choices }: DeclaredKnob): Knob {
  return { path, scale, range, choices };
}

function knobsIn(schema: z.ZodType, path: readonly string[]): DeclaredKnob[] {
  const declared = z.globalRegistry.get(schema)?.['tune'] as TuneRange | undefined;
  if (declared !== undefined) return [declaredKnob(path.join('.'), declared)];
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>);
    return fields.flatMap(([name, field]) => knobsIn(field, [...path, name]));
  }
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return knobsIn(schema.def.innerType as z.ZodType, path);
  }
  return [];
}

function declaredKnob(path: string, range: TuneRange): DeclaredKnob {
  return range.scale === 'choice'
    ? { path, scale: 'choice', range: null, choices: range.choices, isUsual: range.usual }
    : { path, scale: range.scale, range: [range.from, range.to], choices: null, isUsual: range.usual };
}
