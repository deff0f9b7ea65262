/** What a request says of where it wants to go, as the text of the column `steering`: JSON of a `Steering`. */
import * as z from 'zod';
import { closedObject } from '../src/config/closed-object.ts';
import { firstProblem } from '../src/config/problem-line.ts';
import { INSTRUCTION_KINDS, SESSION_SCOPES, TOOL_CATEGORIES, type Steering } from '../src/router/index.ts';

/** Longest name of a route, address of a target or id of a session, characters. */
const NAME_LENGTH_MAX = 1_024;
/** Most instructions or bans of one request. */
const LIST_LENGTH_MAX = 1_024;
/** No steering within the other limits is as long as this; longer texts are not even parsed, characters. */
const TEXT_LENGTH_MAX = 4 * LIST_LENGTH_MAX * NAME_LENGTH_MAX;
/** Texts whose steering is kept. Sessions repeat theirs at each turn, so that few are parsed twice. */
const KEPT_MAX = 10_000;

const name = z.string().min(1).max(NAME_LENGTH_MAX);

const steeringSchema = closedObject({
  scope: z.enum(SESSION_SCOPES),
  scopeId: name,
  signals: closedObject({
    latestFromUser: z.boolean(),
    hasImage: z.boolean(),
    wantsWebSearch: z.boolean(),
    isBackground: z.boolean(),
    lastTool: z.enum(TOOL_CATEGORIES).nullable(),
    usesTools: z.boolean(),
  }).nullable(),
  routeHint: name.nullable(),
  instructions: z
    .array(
      closedObject({ kind: z.enum(INSTRUCTION_KINDS), name: z.string().max(NAME_LENGTH_MAX) }).refine(
        (instruction) => (instruction.kind === 'clear') === (instruction.name === ''),
        'a clear has an empty name, and only a clear has',
      ),
    )
    .max(LIST_LENGTH_MAX),
  bans: z.array(name).max(LIST_LENGTH_MAX),
  needsServerTools: z.boolean(),
}) satisfies z.ZodType<Steering>;

/** A steering that was read, or the reason why it could not be. */
export type ReadSteering =
  { readonly ok: true; readonly value: Steering } | { readonly ok: false; readonly reason: string };

/** The text of a steering as the column holds it; null for none. */
export function steeringText(steering: Steering | null): string | null {
  return steering === null ? null : JSON.stringify(steering);
}

/** Reads the text of a steering. Every field must be there, and no others: a misspelt one must not be ignored. */
export function readSteering(text: string): ReadSteering {
  if (text.length > TEXT_LENGTH_MAX) return { ok: false, reason: `is longer than ${TEXT_LENGTH_MAX} characters` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'is not JSON' };
  }
  const result = steeringSchema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, reason: firstProblem(result.error, value).line };
}

/** {@link readSteering} that parses equal texts once, as long as it has room; rows of equal text share one object. */
export function steeringReader(): (text: string) => ReadSteering {
  const kept = new Map<string, ReadSteering>();
  return (text) => {
    const found = kept.get(text);
    if (found !== undefined) return found;
    const read = readSteering(text);
    // Emptied rather than trimmed: sessions come and go, so those of long ago are of no more use.
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(text, read);
    return read;
  };
}
