/** Why no target of a model can serve a request, for people. */
import { shortfallsOf, type Need, type Shortfall } from './candidates/shortfalls.ts';
import type { RouterRequest } from './contract.ts';
import type { PoolDefinition, TargetDefinition } from './pool.ts';
import { candidateRoutes } from './routes/candidate-routes.ts';
import { addressedTargets, namedTargets } from './target-names.ts';

/** What a rejected request was offered to, where that was not its model: a route, or what an instruction named. */
export interface OfferedTo {
  readonly route: string | null;
  readonly named: string | null;
}

/**
 * One or more sentences that name what the targets of the requested model lack, as the rejection
 * `UNSUPPORTED_REQUEST` means it.
 *
 * @param pool in which the model is known
 */
export function whyUnsupported(pool: PoolDefinition, request: RouterRequest, offered: OfferedTo | null = null): string {
  const { what, targets } = offeredTargets(pool, request, offered);
  const shortfalls = targets.map((target) => shortfallsOf(target, request));
  const [first = [], ...others] = shortfalls;
  const common = first.filter(({ need }) => others.every((found) => found.some((other) => other.need === need)));
  const noTarget = `No target of ${what}`;
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
  serverTools: 'tools of the provider',
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
    case 'serverTools':
      return 'has tools of its provider, such as a web search';
    case 'protocol':
      return `can be reached by ${protocol}`;
    case 'context':
      return `holds the ${needed} tokens of the input (estimated) and the longest answer: the largest context window has ${offered}`;
    case 'output':
      return `gives answers of up to ${needed} tokens: the longest has ${offered}`;
  }
}

function offeredTargets(
  pool: PoolDefinition,
  request: RouterRequest,
  offered: OfferedTo | null,
): { readonly what: string; readonly targets: readonly TargetDefinition[] } {
  const { model, steering } = request;
  const those = (what: string, ids: readonly string[]) => ({
    what,
    targets: pool.targets.filter(({ id }) => ids.includes(id)),
  });
  const named = offered?.named ?? null;
  if (named !== null) return those(named, addressedTargets(pool).get(named) ?? []);
  const route = offered?.route ?? null;
  if (route === null || pool.routing === null) return those(`model "${model}"`, namedTargets(pool).get(model) ?? []);
  const hasImage = steering?.signals?.hasImage ?? request.hasImage;
  // In what order they are tried makes no difference here.
  const tried = candidateRoutes(pool.routing, route, { isHinted: false, hasImage, isLong: false }, () => false);
  const routes = pool.routing.routes.filter(({ name }) => tried.includes(name));
  return those(
    `route "${route}"`,
    routes.flatMap(({ pools }) => pools.flatMap(({ targets }) => targets)),
  );
}
