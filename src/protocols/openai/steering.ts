/** Reads out of a client's call where it wants to go: all of `Steering`. */
import type { Instruction, Steering } from '../../router/steering.ts';
import { filledText } from './bounded-text.ts';
import { isRecord, type JsonRecord } from './json-record.ts';
import { problem, wrongType, type RequestProblem } from './request-problem.ts';
import type { RequestHeaders } from './request-headers.ts';
import { routeSignals } from './route-signals.ts';
import { findScope, scopeIdOf } from './session-scope.ts';

/** What of it the pool has a use for, and this client may say. */
export interface SteeringOptions {
  /** Else signals and hints are not read. */
  readonly hasRoutes: boolean;
  /** The client may choose where its requests go; else its instructions and bans are not read. */
  readonly maySteer: boolean;
  readonly backgroundKeywords: readonly string[];
}

/** A longer hint names no route, and what is kept of it names none either. Characters. */
const HINT_LENGTH_MAX = 128;
const HINT_HEADERS = ['x-token-pool-route', 'x-route-hint'] as const;
const BAN_FIELDS = ['disabledProviderKeyAliases', 'excludedProviderKeys'] as const;
/** Of each field. */
const BANS_MAX = 64;
const BAN_LENGTH_MAX = 256;
const NOTHING: readonly never[] = [];

/**
 * @param body the fields of a chat, without routing instructions in its messages
 * @param client the client key, to which what is remembered is bound
 * @param instructions of the latest user message
 * @returns null when nothing steers the request: no routes to choose from, and a client that may not steer, or does not
 *   and can have no memory
 */
export function readSteering(
  body: JsonRecord,
  headers: RequestHeaders,
  client: string,
  options: SteeringOptions,
  instructions: readonly Instruction[],
): Steering | RequestProblem | null {
  const { hasRoutes, maySteer, backgroundKeywords } = options;
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
  const read = readBans(metadata);
  // Of others, what has not our form has not our meaning.
  const bans = 'kind' in read && !maySteer ? NOTHING : read;
  if ('kind' in bans) return bans;
  // Whoever names what must not serve a request has a reason, so it is not passed over in silence.
  if (bans.length > 0 && !maySteer) return forbiddenBans(metadata);
  if (!hasRoutes && !maySteer) return null;
  const found = findScope(body, headers);
  const obeyed = maySteer ? instructions : NOTHING;
  const needsServerTools = metadata['serverToolRequired'] === true || declaresServerTool(body['tools']);
  const isSteered = obeyed.length > 0 || bans.length > 0 || needsServerTools || found.scope !== 'request';
  if (!hasRoutes && !isSteered) return null;
  const { messages } = body;
  return {
    scope: found.scope,
    scopeId: scopeIdOf(found, client),
    signals: hasRoutes ? routeSignals(Array.isArray(messages) ? messages : NOTHING, body, backgroundKeywords) : null,
    routeHint: hasRoutes ? readHint(headers, metadata) : null,
    instructions: obeyed,
    bans,
    needsServerTools,
  };
}

function readHint(headers: RequestHeaders, metadata: JsonRecord): string | null {
  const header = HINT_HEADERS.map((name) => filledText(headers[name])).find((hint) => hint !== null);
  return (header ?? filledText(metadata['routeHint']))?.slice(0, HINT_LENGTH_MAX) ?? null;
}

function forbiddenBans(metadata: JsonRecord): RequestProblem {
  const param = `metadata.${BAN_FIELDS.find((field) => metadata[field] !== undefined) ?? BAN_FIELDS[0]}`;
  return problem(
    'invalid_value',
    param,
    `'${param}' is for client keys that may steer their requests (instructions: apply).`,
  );
}

function readBans(metadata: JsonRecord): readonly string[] | RequestProblem {
  const bans = new Set<string>();
  for (const field of BAN_FIELDS) {
    const list = metadata[field] ?? NOTHING;
    const param = `metadata.${field}`;
    if (!Array.isArray(list)) return wrongType(param, 'a list');
    if (list.length > BANS_MAX) return problem('invalid_value', param, `'${param}' has more than ${BANS_MAX} entries.`);
    for (const [index, ban] of (list as unknown[]).entries()) {
      const entry = `${param}[${index}]`;
      if (typeof ban !== 'string') return wrongType(entry, 'a text');
      if (ban.length > BAN_LENGTH_MAX) {
        return problem('invalid_value', entry, `'${entry}' is longer than ${BAN_LENGTH_MAX} characters.`);
      }
      if (ban.trim() !== '') bans.add(ban.trim());
    }
  }
  return [...bans];
}

/** One that the provider runs itself, such as `web_search_preview`. */
function declaresServerTool(tools: unknown): boolean {
  if (!Array.isArray(tools)) return false;
  return tools.some((tool: unknown) => {
    const type = isRecord(tool) ? tool['type'] : null;
    return typeof type === 'string' && type.startsWith('web_search');
  });
}
