/**
 * The body for the provider: the client's bytes, spliced. Parsing and printing them again would change numbers,
 * the order of fields and every escape, and costs more than the whole routing decision.
 */
import { layoutOfObject, type Member, type ObjectLayout } from './json-layout.ts';
import { JsonText } from './json-text.ts';
import { splice, type Allocate, type Edit } from './splice.ts';

export interface UpstreamForm {
  /** The name of the model at the provider. */
  readonly model: string;
  /**
   * Ask for `stream_options.include_usage`. For streams only, and not for a provider that refuses the field. When
   * the client did not ask itself, it must not see the answer: `StreamUsage` with `hidesUsage` takes the
   * usage-only event out of the stream. (`"usage":null` in the other chunks stays; clients ignore it.)
   */
  readonly asksForUsage: boolean;
}

/**
 * The client's bytes with the value of `model` replaced, and with `include_usage` set where asked for; all other
 * bytes as they were. Of a repeated `model` every value is replaced: parsers differ in which one they take, and no
 * client may slip a model past the router. Returns `body` itself when nothing changes.
 *
 * @param layout of `body`, from `parseRequest`
 * @param allocate the memory for what is not `body` itself
 */
export function rewriteRequest(body: Buffer, layout: ObjectLayout, form: UpstreamForm, allocate?: Allocate): Buffer {
  const edits: Edit[] = [];
  const model = JSON.stringify(form.model);
  let hasStreamOptions = false;
  for (const member of layout.members) {
    if (member.key === 'model') edits.push({ start: member.valueStart, end: member.valueEnd, by: model });
    if (member.key !== 'stream_options' || !form.asksForUsage) continue;
    hasStreamOptions = true;
    edits.push(...askForUsage(body, member));
  }
  if (form.asksForUsage && !hasStreamOptions) {
    const comma = layout.members.length === 0 ? '' : ',';
    edits.unshift(insertion(layout.start + 1, `"stream_options":{"include_usage":true}${comma}`));
  }
  return splice(body, edits, allocate);
}

/** Sets `include_usage` in the value of `stream_options`, an object or null. */
function askForUsage(body: Buffer, { valueStart, valueEnd }: Member): Edit[] {
  const layout = layoutOfObject(new JsonText(body.subarray(valueStart, valueEnd)));
  if (layout === null) return [{ start: valueStart, end: valueEnd, by: '{"include_usage":true}' }];
  const found = layout.members.filter((member) => member.key === 'include_usage');
  if (found.length > 0) {
    return found.map((member) => ({
      start: valueStart + member.valueStart,
      end: valueStart + member.valueEnd,
      by: 'true',
    }));
  }
  const comma = layout.members.length === 0 ? '' : ',';
  return [insertion(valueStart + layout.start + 1, `"include_usage":true${comma}`)];
}

function insertion(at: number, text: string): Edit {
  return { start: at, end: at, by: text };
}
