/** B.11: the line of a hit, its reasons and its colours. */
import { describe, expect, it } from 'vitest';
import { hitLine, hitReason } from '../../../src/proxy/watch/hit-line.ts';
import type { RoutingDecision, ToolCategory } from '../../../src/router/index.ts';
import { requestOf } from '../../router/small-pool.ts';

const AT = new Date(2026, 10, 22, 9, 5, 7);

function routingOf(changes: Partial<RoutingDecision> = {}): RoutingDecision {
  return {
    requestedRoute: 'thinking',
    route: 'thinking',
    pool: 'best',
    reason: 'thinking:user-input|background:keywords',
    mode: 'none',
    scope: 'session',
    forceVision: false,
    forceWebSearch: false,
    ...changes,
  };
}

function requestWith(lastTool: ToolCategory | null) {
  return requestOf('r', {
    steering: {
      scope: 'session',
      scopeId: 'a very secret session',
      signals: {
        latestFromUser: false,
        hasImage: false,
        wantsWebSearch: false,
        isBackground: false,
        lastTool,
        usesTools: true,
      },
      routeHint: null,
      instructions: [],
      bans: [],
      needsServerTools: false,
    },
  });
}

describe('B.11: the line of a hit', () => {
  it('is plain without colours', () => {
    expect(hitLine(routingOf(), 'aurora.key1.glm-4.7', 'thinking:user-input', AT, false)).toBe(
      '[virtual-router-hit] 09:05:07 thinking/best -> aurora[key1].glm-4.7 reason=thinking:user-input',
    );
  });

  it('says sticky and whose, but not which session', () => {
    const routing = routingOf({ mode: 'sticky', route: null, pool: 'sticky', scope: 'conversation' });
    expect(hitLine(routing, 'aurora.key1.large', 'sticky', AT, false)).toBe(
      '[virtual-router-hit] 09:05:07 sticky/sticky -> aurora[key1].large [sticky:conversation] reason=sticky',
    );
  });

  it.each([
    ['tools', '38;5;214'],
    ['thinking', '34'],
    ['coding', '35'],
    ['longcontext', '38;5;141'],
    ['web_search', '32'],
    ['search', '38;5;34'],
    ['vision', '38;5;207'],
    ['background', '90'],
    ['default', '36'],
    ['nightly', '36'],
  ])('paints %s in %s, and ends each colour where its part ends', (route, colour) => {
    const line = hitLine(routingOf({ route }), 'aurora.key1.large', 'why', AT, true);
    expect(line).toBe(
      '\u001b[38;5;208m[virtual-router-hit]\u001b[0m \u001b[90m09:05:07\u001b[0m ' +
        `\u001b[${colour}m${route}/best -> aurora[key1].large\u001b[0m \u001b[${colour}mreason=why\u001b[0m`,
    );
  });
});

describe('B.11: the reason of a hit', () => {
  it.each<[string, Partial<RoutingDecision>, ToolCategory | null, string]>([
    ['the first of several', {}, null, 'thinking:user-input'],
    [
      'with the last tool',
      { requestedRoute: 'coding', reason: 'coding:last-tool-write' },
      'write',
      'coding:last-tool-write(write)',
    ],
    ['no tool for other routes', { requestedRoute: 'vision', reason: 'vision:image' }, 'read', 'vision:image'],
    ['the fall-back', { requestedRoute: 'default', reason: 'fallback:default' }, null, 'fallback:default'],
    ['none at all', { requestedRoute: 'nightly', reason: '' }, null, 'route:nightly'],
    ['a hint', { requestedRoute: 'nightly', reason: 'route_hint:nightly' }, null, 'route_hint:nightly'],
    ['sticky folds tools', { mode: 'sticky', requestedRoute: 'tools' }, 'other', 'sticky'],
    ['sticky folds thinking', { mode: 'sticky' }, null, 'sticky'],
    ['sticky folds coding', { mode: 'sticky', requestedRoute: 'coding' }, 'write', 'sticky'],
    ['sticky on default', { mode: 'sticky', requestedRoute: 'default' }, null, 'sticky:default'],
    ['sticky elsewhere', { mode: 'sticky', requestedRoute: 'vision', reason: 'vision:image' }, null, 'vision:image'],
    ['force', { mode: 'force' }, null, 'force'],
  ])('%s', (_what, changes, lastTool, expected) => {
    expect(hitReason(requestWith(lastTool), routingOf(changes))).toBe(expected);
  });
});
