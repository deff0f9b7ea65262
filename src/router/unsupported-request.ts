/** Why no target of a model can serve a request, for people. */
import { shortfallsOf, type Need, type Shortfall } from './candidates/shortfalls.ts';
import type { RouterRequest } from './contract.ts';
import type { PoolDefinition, TargetDefinition } from './pool.ts';
import { namedTargets } from './target-names.ts';

/**
 * One or more sentences that name what the targets of the requested model lack, as the rejection
 * `UNSUPPORTED_REQUEST` means it.
 *
 * @param pool in which the model is known
 */
export function whyUnsupported(pool: PoolDefinition, request: RouterRequest): string {
  const { model } = request;
  const targets = targetsOfModel(pool, model);
  const shortfalls = targets.map((target) => shortfallsOf(target, request));
  const [first = [], ...others] = shortfalls;
  const common = first.filter(({ need }) => others.every((found) => found.some((other) => other.need === need)));
  const noTarget = `No target of model "${model}"`;
  if (common.length === 0) {
    const needs = [...new Set(shortfalls.flat().map(({ need }) => WORDS[need]))];
    return `${noTarget} offers all that the request needs at once: ${needs.join(', ')}.`;
  }
  return common.map(({ need }) => `${noTarget} ${lack(need, shortfalls.flat(), request.protocol)}.`).join(' ');
}

const WORDS: Readonly<Record<Need, string>> = {
  tools: 'tools',
  images: 'images',
  streaming: 'streaming',
  context: 'a context window of that size',
  output: 'an answer of that length',
  protocol: 'this endpoint',
};

function lack(need: Need, found: readonly Shortfall[], protocol: string): string {
  const same = found.filter((other) => other.need === need);
  const needed = same[0]!.neededTokens;
  const offered = Math.max(...same.map(({ offeredTokens }) => offeredTokens ?? 0));
  switch (need) {
    case 'tools':
      return 'takes tools';
    case 'images':
      return 'takes images';
    case 'streaming':
      return 'can stream';
    case 'protocol':
      return `can be reached by ${protocol}`;
    case 'context':
      return `holds the ${needed} tokens of the input (estimated) and the longest answer: the largest context window has ${offered}`;
    case 'output':
      return `gives answers of up to ${needed} tokens: the longest has ${offered}`;
  }
}

function targetsOfModel(pool: PoolDefinition, model: string): readonly TargetDefinition[] {
  const ids = namedTargets(pool).get(model) ?? [];
  return pool.targets.filter(({ id }) => ids.includes(id));
}
