/**
 * One line for each request that a route or an instruction decided about:
 *
 *     [virtual-router-hit] HH:MM:SS route/pool -> provider[alias].model [sticky:session] reason=...
 *
 * It names scopes, never sessions, and of the conversation no more than the kind of its last tool.
 */
import type { RoutingDecision, RouterRequest, SendCommand } from '../../router/index.ts';
import type { ProxyWatcher } from '../proxy-events.ts';
import { LineAllowance } from './line-allowance.ts';
import type { ProxyView } from './proxy-view.ts';

export interface HitLineOptions {
  readonly hasColours: boolean;
  write(line: string): void;
}

const LINES_PER_SECOND = 50;
const BURST_LINES = 200;
const PREFIX_COLOUR = '38;5;208';
const TIME_COLOUR = '90';
const STICKY_COLOUR = '33';
const OTHER_COLOUR = '36';
const ROUTE_COLOURS: ReadonlyMap<string, string> = new Map([
  ['tools', '38;5;214'],
  ['thinking', '34'],
  ['coding', '35'],
  ['longcontext', '38;5;141'],
  ['web_search', '32'],
  ['search', '38;5;34'],
  ['vision', '38;5;207'],
  ['background', '90'],
  ['sticky', STICKY_COLOUR],
]);
/** Their reason is told with the kind of tool that the last turn used. */
const TOOL_ROUTES: ReadonlySet<string> = new Set(['tools', 'thinking', 'coding', 'web_search', 'search']);

export class HitLines implements ProxyWatcher {
  private readonly view: ProxyView;
  private readonly options: HitLineOptions;
  private readonly allowance = new LineAllowance(LINES_PER_SECOND, BURST_LINES);

  constructor(view: ProxyView, options: HitLineOptions) {
    this.view = view;
    this.options = options;
  }

  sent(request: RouterRequest, { attempt, target, decision }: SendCommand, nowMs: number): void {
    if (decision.routing === null || attempt > 1 || !this.allowance.take(nowMs)) return;
    const model = this.view.pool.targets.find(({ id }) => id === target);
    const contextTokens = model?.contextTokens ?? Infinity;
    const ratio = request.inputTokens / contextTokens;
    const warned =
      ratio >= this.view.policy.policy.routing.warnRatio ? `|context:${ratio.toFixed(2)}/${contextTokens}` : '';
    const reason = `${hitReason(request, decision.routing)}${warned}`;
    this.options.write(hitLine(decision.routing, target, reason, new Date(nowMs), this.options.hasColours));
  }
}

/** @param at shown in local time */
export function hitLine(
  routing: RoutingDecision,
  target: string,
  reason: string,
  at: Date,
  hasColours: boolean,
): string {
  // Every part ends its own colour, so that none runs on into the next.
  const painted = (text: string, colour: string): string => (hasColours ? `\u001b[${colour}m${text}\u001b[0m` : text);
  const label = labelOf(routing);
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
  const [provider, alias, ...model] = target.split('.');
  const colour = ROUTE_COLOURS.get(label) ?? OTHER_COLOUR;
  const parts = [
    painted('[virtual-router-hit]', PREFIX_COLOUR),
    painted(time, TIME_COLOUR),
    painted(`${label}/${routing.pool ?? '-'} -> ${provider}[${alias}].${model.join('.')}`, colour),
  ];
  if (routing.mode === 'sticky') parts.push(painted(`[sticky:${routing.scope ?? 'request'}]`, STICKY_COLOUR));
  parts.push(painted(`reason=${reason}`, colour));
  return parts.join(' ');
}

/** The first reason for the route, as a hit tells it. */
export function hitReason({ steering }: RouterRequest, routing: RoutingDecision): string {
  const { requestedRoute, mode } = routing;
  const first = routing.reason.split('|', 1)[0] ?? '';
  if (mode === 'force') return 'force';
  if (mode === 'sticky') {
    if (requestedRoute === null || requestedRoute === 'default') return 'sticky:default';
    return ['tools', 'thinking', 'coding'].includes(requestedRoute) ? 'sticky' : first;
  }
  if (requestedRoute === null) return first;
  if (first === '') return `route:${requestedRoute}`;
  const lastTool = steering?.signals?.lastTool ?? null;
  return TOOL_ROUTES.has(requestedRoute) && lastTool !== null ? `${first}(${lastTool})` : first;
}

function labelOf({ mode, route, requestedRoute }: RoutingDecision): string {
  if (mode === 'sticky') return 'sticky';
  return route ?? requestedRoute ?? 'model';
}
