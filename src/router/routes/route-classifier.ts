/** `classifyRoute` for one set of routes, each of its few hundred answers worked out once. */
import type { RouteSignals } from '../steering.ts';
import { TOOL_CATEGORIES } from '../steering.ts';
import { classifyRoute, type Classification } from './classify-route.ts';

const LAST_TOOLS = TOOL_CATEGORIES.length + 1;

export class RouteClassifier {
  private readonly answers: (Classification | undefined)[] = [];
  private readonly names: ReadonlySet<string>;

  /** @param names the routes that can be taken */
  constructor(names: ReadonlySet<string>) {
    this.names = names;
  }

  classify(signals: RouteSignals | null, isLong: boolean): Classification {
    const index = codeOf(signals) * 2 + (isLong ? 1 : 0);
    return (this.answers[index] ??= classifyRoute(signals, isLong, (route) => this.names.has(route)));
  }
}

/** A number of its own for every set of signals; none is as good as silent ones. */
function codeOf(signals: RouteSignals | null): number {
  if (signals === null) return 0;
  const flags =
    (signals.latestFromUser ? 1 : 0) |
    (signals.hasImage ? 2 : 0) |
    (signals.wantsWebSearch ? 4 : 0) |
    (signals.isBackground ? 8 : 0) |
    (signals.usesTools ? 16 : 0);
  return flags * LAST_TOOLS + (signals.lastTool === null ? 0 : 1 + TOOL_CATEGORIES.indexOf(signals.lastTool));
}
