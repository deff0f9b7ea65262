/**
 * What a request says of where it wants to go, besides its model: the signals by which a route is found, a hint that
 * names one, instructions from the conversation, bans, and whose memory they go into. Names and words only, never text.
 */

/** Whose instructions hold from one request to the next, the nearest scope first. */
export const SESSION_SCOPES = ['session', 'conversation', 'resume', 'request'] as const;
export type SessionScope = (typeof SESSION_SCOPES)[number];

export const TOOL_CATEGORIES = ['websearch', 'read', 'write', 'search', 'other'] as const;
/** What the last assistant turn did with its tools; of several the first in this order, but for `write` before `search`. */
export type ToolCategory = (typeof TOOL_CATEGORIES)[number];

/** Features of a conversation that tell one kind of request from another. */
export interface RouteSignals {
  /** The latest message is the user's; else the request goes on with a tool's result, say. */
  readonly latestFromUser: boolean;
  /** That message holds an image. Images further back do not count. */
  readonly hasImage: boolean;
  /** It asks for a search of the web, and does not say not to. */
  readonly wantsWebSearch: boolean;
  /** It holds one of the words that mark background work. */
  readonly isBackground: boolean;
  /** Of the last assistant turn, null when it called no tool. */
  readonly lastTool: ToolCategory | null;
  /** Tools are declared (a lone `exec_command` aside), or an earlier turn called one. */
  readonly usesTools: boolean;
}

export const INSTRUCTION_KINDS = ['force', 'sticky', 'allow', 'disable', 'enable', 'clear'] as const;
export type InstructionKind = (typeof INSTRUCTION_KINDS)[number];

export interface Instruction {
  readonly kind: InstructionKind;
  /** An address as `addressedTargets` knows it: `provider`, `provider.N`, `provider.alias.model`, ...; empty for `clear`. */
  readonly name: string;
}

/** All of it; a request without any has none of these rather than an empty one. */
export interface Steering {
  readonly scope: SessionScope;
  /** Key of what is remembered for that scope; for `request` it is what a later request can resume. */
  readonly scopeId: string;
  /** Null when the pool has no routes that need them. */
  readonly signals: RouteSignals | null;
  /** Name of a route; it goes before the signals. */
  readonly routeHint: string | null;
  /** In the order in which they stand in the message. */
  readonly instructions: readonly Instruction[];
  /** Addresses that must not serve this one request. */
  readonly bans: readonly string[];
  /** Only targets of providers that run tools themselves will do. */
  readonly needsServerTools: boolean;
}

/** How an instruction decided, or none did. */
export type SteeringMode = 'none' | 'force' | 'sticky';

/** How a request came to its candidates; part of a decision where routes or instructions had a say. */
export interface RoutingDecision {
  /** That the classifier or the hint asked for; null when the request names its model itself. */
  readonly requestedRoute: string | null;
  /** Of the pool that was chosen from; null for one that no route has, or when none was found. */
  readonly route: string | null;
  /** Id of that pool; `forced` or `sticky` for what an instruction named. */
  readonly pool: string | null;
  /** The reason that decided, then what else spoke for a route, joined by `|`. */
  readonly reason: string;
  readonly mode: SteeringMode;
  /** Null when the request has no steering. */
  readonly scope: SessionScope | null;
  /** The host is to use the vision pool as one that only looks at images. */
  readonly forceVision: boolean;
  /** The host is to let the target search the web. */
  readonly forceWebSearch: boolean;
}
