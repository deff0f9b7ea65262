import type { TraceRow } from '../../datasets/trace.ts';
import { TWIN_HEADERS, writePrefixBlocks } from '../twin-server/header-names.ts';

/** Longer lists of blocks are left out: the twin then reads them off the text. Servers take 16 KiB of headers. */
const BLOCKS_HEADER_MAX = 8_192;

/**
 * Headers of a row's request, as name, value, name, value: what a client of the proxy says of its request
 * (`x-request-id`, `x-session-id`, `x-token-pool-priority`, `x-token-pool-class`), and what the twins are to do.
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
  if (row.sessionId !== null) headers.push(TWIN_HEADERS.session, headerText(row.sessionId));
  if (row.declaredPriority !== null) headers.push('x-token-pool-priority', headerText(row.declaredPriority));
  if (row.declaredClass !== null) headers.push('x-token-pool-class', headerText(row.declaredClass));
  const blocks = writePrefixBlocks(row.prefixBlocks);
  if (blocks.length <= BLOCKS_HEADER_MAX) headers.push(TWIN_HEADERS.prefixBlocks, blocks);
  return headers;
}

/** Names of a trace as they may stand in a header; nearly all stay as they are. */
function headerText(name: string): string {
  return /^[\x21-\x7e]*$/.test(name) ? name : encodeURIComponent(name);
}
