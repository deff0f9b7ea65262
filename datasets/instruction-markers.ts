/**
 * Instructions as people write them into a message, the body of a marker `<**...**>`:
 *
 *     aurora.large            force: this request goes there
 *     !aurora.large           sticky: the session goes there from now on
 *     !aurora or aurora       allow: the session uses no other providers
 *     #aurora.main            disable: the session does not go there; a provider, a key or a model
 *     @aurora.main            enable: lifts such a ban
 *     clear                   forgets all of the above
 *
 *     sticky:aurora           the same as `!` and as none, but of a provider as a whole too
 *     force:aurora
 *
 * Several addresses are separated by commas, and a prefix holds for all of them.
 */
import type { Instruction, InstructionKind } from '../src/router/index.ts';
import type { Field } from './importers/fields.ts';

const CLEAR: Instruction = { kind: 'clear', name: '' };
/** Each with what it means for an address with a dot, and for a provider as a whole; the last one is none. */
const PREFIXES: readonly (readonly [prefix: string, dotted: InstructionKind, whole: InstructionKind])[] = [
  ['!', 'sticky', 'allow'],
  ['#', 'disable', 'disable'],
  ['@', 'enable', 'enable'],
  ['sticky:', 'sticky', 'sticky'],
  ['force:', 'force', 'force'],
  ['', 'force', 'allow'],
];
const MARKER = /^<\*\*(.*)\*\*>$/s;
/** What a proxy takes for an address in a conversation, and the longest marker it sees. */
const LIVE_ADDRESS = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const LIVE_LENGTH_MAX = 256;
const ADDRESS = /^[^\s,;<>*!#@][^\s,;<>*]*$/;

/** Reads the body of one marker; the brackets around it may be there or not. */
export function readMarker(text: string): Field<readonly Instruction[]> {
  const body = (MARKER.exec(text.trim())?.[1] ?? text).trim();
  if (body.toLowerCase() === 'clear') return { ok: true, value: [CLEAR] };
  const [prefix, dotted, whole] = PREFIXES.find(([start]) => body.startsWith(start))!;
  const names = body
    .slice(prefix.length)
    .split(',')
    .map((name) => name.trim());
  const wrong = names.find((name) => !ADDRESS.test(name));
  if (wrong !== undefined) {
    return { ok: false, reason: `${JSON.stringify(body)} is neither "clear" nor addresses after one of ! # @ or none` };
  }
  return { ok: true, value: names.map((name) => ({ kind: name.includes('.') ? dotted : whole, name })) };
}

/**
 * The marker that says this, brackets included; null for what no marker of a live conversation can say: to allow a part
 * of a provider, or a name of other than letters, digits, `_`, `-` and dots.
 */
export function markerOf({ kind, name }: Instruction): string | null {
  const isWhole = !name.includes('.');
  if (kind === 'clear') return '<**clear**>';
  if (!LIVE_ADDRESS.test(name) || (kind === 'allow' && !isWhole)) return null;
  const marker = `<**${prefixOf(kind, isWhole)}${name}**>`;
  return marker.length > LIVE_LENGTH_MAX ? null : marker;
}

function prefixOf(kind: Exclude<InstructionKind, 'clear'>, isWhole: boolean): string {
  switch (kind) {
    case 'force':
      return isWhole ? 'force:' : '';
    case 'sticky':
      return isWhole ? 'sticky:' : '!';
    case 'allow':
      return '!';
    case 'disable':
      return '#';
    case 'enable':
      return '@';
  }
}
