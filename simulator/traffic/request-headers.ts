import type { TraceRow } from '../../datasets/trace.ts';
import { REQUEST_CLASSES, type Steering } from '../../src/router/index.ts';
import { TWIN_HEADERS, writePrefixBlocks } from '../twin-server/header-names.ts';

/**
 * Other words of a trace mean nothing to the core, neither in a replay nor live; the proxy refuses a header with one,
 * so they are left out.
 */
const PRIORITIES: readonly string[] = ['low', 'normal', 'high'];
const CLASSES: readonly string[] = REQUEST_CLASSES;

/** Longer lists of blocks are left out: the twin then reads them off the text. Servers take 16 KiB of headers. */
const BLOCKS_HEADER_MAX = 8_192;

/**
 * Headers of a row's request, as name, value, name, value: what a client of the proxy says of its request
 * (`x-request-id`, `x-session-id`, `x-token-pool-priority`, `x-token-pool-class`; with steering also
 * `x-token-pool-session`, `-conversation` or `-resume`, and `x-token-pool-route`), and what the twins are to do.
 *
 * @param secret of the client's key; `null`: none
 */
export function requestHeaders(row: TraceRow, secret: string | null): string[] {
  const headers = [
    'content-type',
    'application/json',
    'x-request-id',
    headerText(row.requestId),
    TWIN_HEADERS.outputTokens,
    `${row.outputTokens}`,
  ];
  if (secret !== null) headers.push('authorization', `Bearer ${secret}`);
  // A proxy takes this header for the scope `session`; with another scope the body's prompt_cache_key stands in for it.
  if (row.sessionId !== null && (row.steering?.scope ?? 'session') === 'session') {
    headers.push(TWIN_HEADERS.session, headerText(row.sessionId));
  }
  if (row.steering !== null) headers.push(...steeringHeaders(row.steering));
  const priority = row.declaredPriority?.trim().toLowerCase() ?? '';
  if (PRIORITIES.includes(priority)) headers.push('x-token-pool-priority', priority);
  if (CLASSES.includes(row.declaredClass ?? '')) headers.push('x-token-pool-class', row.declaredClass!);
  const blocks = writePrefixBlocks(row.prefixBlocks);
  if (blocks.length <= BLOCKS_HEADER_MAX) headers.push(TWIN_HEADERS.prefixBlocks, blocks);
  return headers;
}

/** Whose memory is used, and the route that is hinted at. */
function steeringHeaders({ scope, scopeId, routeHint }: Steering): string[] {
  const id = scopeId.startsWith(`${scope}:`) ? scopeId.slice(scope.length + 1) : scopeId;
  return [
    ...(scope === 'request' ? [] : [`x-token-pool-${scope}`, headerText(id)]),
    ...(routeHint !== null && isHeaderText(routeHint) ? ['x-token-pool-route', routeHint] : []),
  ];
}

/** Whether a text can stand in a header as it is. */
export function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}

/** Names of a trace as they may stand in a header; nearly all stay as they are. */
function headerText(name: string): string {
  return isHeaderText(name) ? name : encodeURIComponent(name);
}
