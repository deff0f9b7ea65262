/**
 * The columns of a CSV file in which a person says where requests want to go, without JSON: a hint, the markers of an
 * instruction, bans, a scope, and the signals by which a route is found.
 */
import {
  SESSION_SCOPES,
  TOOL_CATEGORIES,
  type Instruction,
  type RouteSignals,
  type SessionScope,
  type Steering,
  type ToolCategory,
  resumableId,
} from '../../src/router/index.ts';
import { readMarker } from '../instruction-markers.ts';
import type { TraceRow } from '../trace.ts';
import { quote, type Field } from './fields.ts';

export const STEERING_COLUMNS = ['route_hint', 'instructions', 'bans', 'session_scope', 'signals'] as const;
export type SteeringColumn = (typeof STEERING_COLUMNS)[number];

/** Whether a word is the name of one of them. */
export function isSteeringColumn(name: string): name is SteeringColumn {
  return STEERING_COLUMNS.some((column) => column === name);
}

const FLAGS = {
  user: 'latestFromUser',
  image: 'hasImage',
  web_search: 'wantsWebSearch',
  background: 'isBackground',
  uses_tools: 'usesTools',
} as const satisfies Readonly<Record<string, keyof RouteSignals>>;
/** The signals are known, and none of them is given. */
const NONE = 'none';
const TOOL_PREFIX = 'tool:';

/**
 * Composes what the columns of a row say; null when all of them are empty.
 *
 * @param cell the text of a column, undefined when it is empty
 * @param isSteered the file has such columns
 * @returns a reason when a column cannot be read, or the scope needs a session that the row does not have
 */
export function readSteeringColumns(
  cell: (column: SteeringColumn) => string | undefined,
  { requestId, sessionId, clientKey }: Pick<TraceRow, 'requestId' | 'sessionId' | 'clientKey'>,
  isSteered: boolean,
): Field<Steering | null> {
  const isEmpty = STEERING_COLUMNS.every((column) => cell(column) === undefined);
  // A later turn of a session goes by what an earlier one said, so it has to name the session.
  if (isEmpty && (!isSteered || sessionId === null)) return { ok: true, value: null };
  const scope = readScope(cell('session_scope'), sessionId);
  if (!scope.ok) return scope;
  const instructions = readInstructions(cell('instructions') ?? '');
  if (!instructions.ok) return instructions;
  const signals = readSignals(cell('signals'));
  if (!signals.ok) return signals;
  const steering: Steering = {
    scope: scope.value,
    scopeId: scopeIdOf(scope.value, clientKey, requestId, sessionId ?? requestId),
    signals: signals.value,
    routeHint: cell('route_hint') ?? null,
    instructions: instructions.value,
    bans: listOf(cell('bans') ?? ''),
    needsServerTools: false,
  };
  return { ok: true, value: steering };
}

/** Without a word for it: that of the session where there is one, else that of the request alone. */
function readScope(text: string | undefined, sessionId: string | null): Field<SessionScope> {
  if (text === undefined) return { ok: true, value: sessionId === null ? 'request' : 'session' };
  const scope = SESSION_SCOPES.find((known) => known === text);
  if (scope === undefined) {
    return { ok: false, reason: `session_scope is ${quote(text)}, but has to be one of ${SESSION_SCOPES.join(', ')}` };
  }
  if (scope !== 'request' && sessionId === null) {
    return { ok: false, reason: `session_scope is ${quote(text)}, which needs a session_id, but the row has none` };
  }
  return { ok: true, value: scope };
}

/** As the proxy names them: equal sessions of two client keys are two. `resume` finds what `request` remembered. */
function scopeIdOf(scope: SessionScope, clientKey: string, requestId: string, sessionId: string): string {
  switch (scope) {
    case 'session':
    case 'conversation':
      return `${clientKey}:${scope}:${sessionId}`;
    case 'resume':
      return resumableId(clientKey, sessionId);
    case 'request':
      return resumableId(clientKey, requestId);
  }
}

function readInstructions(text: string): Field<readonly Instruction[]> {
  const all: Instruction[] = [];
  for (const body of listOf(text)) {
    const read = readMarker(body);
    if (!read.ok) return { ok: false, reason: `instructions: ${read.reason}` };
    all.push(...read.value);
  }
  return { ok: true, value: all };
}

function readSignals(text: string | undefined): Field<RouteSignals | null> {
  if (text === undefined) return { ok: true, value: null };
  const flags = new Set<keyof RouteSignals>();
  let lastTool: ToolCategory | null = null;
  for (const word of text.split(/\s+/)) {
    const category = TOOL_CATEGORIES.find((known) => word === `${TOOL_PREFIX}${known}`);
    if (category !== undefined) lastTool = category;
    else if (Object.hasOwn(FLAGS, word)) flags.add(FLAGS[word as keyof typeof FLAGS]);
    else if (word !== NONE) {
      const known = [...Object.keys(FLAGS), ...TOOL_CATEGORIES.map((tool) => `${TOOL_PREFIX}${tool}`), NONE];
      return { ok: false, reason: `signals hold ${quote(word)}; the words are ${known.join(', ')}` };
    }
  }
  return {
    ok: true,
    value: {
      latestFromUser: flags.has('latestFromUser'),
      hasImage: flags.has('hasImage'),
      wantsWebSearch: flags.has('wantsWebSearch'),
      isBackground: flags.has('isBackground'),
      lastTool,
      usesTools: flags.has('usesTools'),
    },
  };
}

function listOf(text: string): readonly string[] {
  return text
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
