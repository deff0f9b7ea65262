/**
 * Which route a request is for: the first one that its signals speak for, in the order of `BUILT_IN_ROUTES`, among
 * those that have targets. The reasons of the others that they speak for are kept beside that of the first.
 */
import type { RouteSignals } from '../steering.ts';
import { BUILT_IN_ROUTES, DEFAULT_ROUTE, type BuiltInRoute } from './route-order.ts';

export interface Classification {
  readonly route: string;
  /** The reason for the route, then those for others, joined by `|`. */
  readonly reason: string;
}

/** What is known of a request from which nothing of its conversation was read. */
const SILENT: RouteSignals = {
  latestFromUser: false,
  hasImage: false,
  wantsWebSearch: false,
  isBackground: false,
  lastTool: null,
  usesTools: false,
};

/**
 * @param isLong at least as many input tokens as `Policy.routing.longContextThresholdTokens`
 * @param hasTargets whether a route can be taken at all; `default` always can
 */
export function classifyRoute(
  signals: RouteSignals | null,
  isLong: boolean,
  hasTargets: (route: string) => boolean,
): Classification {
  const found: Classification[] = [];
  for (const route of BUILT_IN_ROUTES) {
    const reason = reasonFor(route, signals ?? SILENT, isLong);
    if (reason !== null) found.push({ route, reason });
  }
  const chosen = found.find(({ route }) => hasTargets(route));
  const others = found.filter((each) => each !== chosen).map(({ reason }) => reason);
  const first = chosen ?? { route: DEFAULT_ROUTE, reason: 'fallback:default' };
  return { route: first.route, reason: [first.reason, ...others].join('|') };
}

/** Why the signals speak for a route; null when they do not. */
function reasonFor(route: BuiltInRoute, signals: RouteSignals, isLong: boolean): string | null {
  const { latestFromUser, lastTool } = signals;
  switch (route) {
    case 'vision':
      return signals.hasImage ? 'vision:image-in-latest-message' : null;
    case 'longcontext':
      return isLong ? 'longcontext:token-threshold' : null;
    case 'web_search':
      return signals.wantsWebSearch ? 'web_search:intent-keyword' : null;
    case 'thinking':
      return latestFromUser ? 'thinking:user-input' : lastTool === 'read' ? 'thinking:last-tool-read' : null;
    case 'coding':
      return lastTool === 'write' ? 'coding:last-tool-write' : null;
    case 'search':
      return lastTool === 'search' ? 'search:last-tool-search' : null;
    case 'tools':
      if (lastTool === 'other') return 'tools:last-tool-other';
      return signals.usesTools && lastTool !== 'search' ? 'tools:tool-request-detected' : null;
    case 'background':
      return signals.isBackground ? 'background:keywords' : null;
    case 'default':
      return null;
  }
}
