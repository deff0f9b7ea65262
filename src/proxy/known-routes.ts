/** Which methods an address takes, so that a wrong method can be told from a wrong address. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface KnownRoutes {
  /** For `Allow`, in order of name; empty when there is nothing at this URL. */
  methodsAt(url: string): readonly string[];
}

interface KnownRoute {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Notes the routes of an app, its plugins' too; to be called before the first of them is added. */
export function noteRoutes(app: FastifyInstance): KnownRoutes {
  const routes = new Map<string, KnownRoute>();
  app.addHook('onRoute', ({ url, method }) => {
    // Answered for every address that there is, see `whyUnserved`.
    const known = routes.get(url) ?? { pattern: patternOf(url), methods: new Set(['OPTIONS']) };
    for (const each of Array.isArray(method) ? method : [method]) known.methods.add(each);
    routes.set(url, known);
  });
  return {
    methodsAt(url) {
      const path = url.split(/[?#]/, 1)[0] ?? '';
      const here = [...routes.values()].filter(({ pattern }) => pattern.test(path));
      return [...new Set(here.flatMap(({ methods }) => [...methods]))].toSorted();
    },
  };
}

/** Why no route took a call: the question was what there is, the method is wrong, or the address is. */
export type UnservedCall = 'asks_for_methods' | 'wrong_method' | 'nothing_there';

/** @param reply gets `Allow` when there is something at the address */
export function whyUnserved(call: FastifyRequest, reply: FastifyReply, routes: KnownRoutes): UnservedCall {
  const methods = routes.methodsAt(call.url);
  if (methods.length === 0) return 'nothing_there';
  const isQuestion = call.method === 'OPTIONS';
  if (!isQuestion && methods.includes(call.method)) return 'nothing_there';
  reply.header('allow', methods.join(', '));
  return isQuestion ? 'asks_for_methods' : 'wrong_method';
}

/** `/targets/:id/cool` and `/models/*` as they match a path that is still encoded. */
function patternOf(url: string): RegExp {
  const steps = url.split('/').map((step) => {
    if (step.startsWith(':')) return '[^/]+';
    return step === '*' ? '.+' : step.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${steps.join('/')}$`);
}
