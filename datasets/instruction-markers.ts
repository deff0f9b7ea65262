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
 * Several addresses are separated by commas, and a prefix holds for all of them.
 */
import type { Instruction, InstructionKind } from '../src/router/index.ts';
import type { Field } from './importers/fields.ts';

const CLEAR: Instruction = { kind: 'clear', name: '' };
const PREFIXES: Readonly<Record<string, InstructionKind>> = { '!': 'sticky', '#': 'disable', '@': 'enable' };
const MARKER = /^<\*\*(.*)\*\*>$/s;
const ADDRESS = /^[^\s,;<>*!#@][^\s,;<>*]*$/;

/** Reads the body of one marker; the brackets around it may be there or not. */
export function readMarker(text: string): Field<readonly Instruction[]> {
  const body = (MARKER.exec(text.trim())?.[1] ?? text).trim();
  if (body.toLowerCase() === 'clear') return { ok: true, value: [CLEAR] };
  const prefix = PREFIXES[body.charAt(0)];
  const names = body
    .slice(prefix === undefined ? 0 : 1)
    .split(',')
    .map((name) => name.trim());
  const wrong = names.find((name) => !ADDRESS.test(name));
  if (wrong !== undefined) {
    return { ok: false, reason: `${JSON.stringify(body)} is neither "clear" nor addresses after one of ! # @ or none` };
  }
  return { ok: true, value: names.map((name) => ({ kind: kindOf(prefix, name), name })) };
}

function kindOf(prefix: InstructionKind | undefined, name: string): InstructionKind {
  if (prefix !== undefined && prefix !== 'sticky') return prefix;
  if (!name.includes('.')) return 'allow';
  return prefix ?? 'force';
}

/**
 * The marker that says this, brackets included; null for what no marker can say: to force or stick to a provider as a
 * whole, or to allow a part of one.
 */
export function markerOf({ kind, name }: Instruction): string | null {
  const body = bodyOf(kind, name);
  const read = readMarker(body);
  const says = read.ok && read.value.length === 1 && read.value[0]?.kind === kind && read.value[0].name === name;
  return says ? `<**${body}**>` : null;
}

function bodyOf(kind: InstructionKind, name: string): string {
  switch (kind) {
    case 'clear':
      return 'clear';
    case 'force':
      return name;
    case 'sticky':
    case 'allow':
      return `!${name}`;
    case 'disable':
      return `#${name}`;
    case 'enable':
      return `@${name}`;
  }
}
