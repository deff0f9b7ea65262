/** The parts of a message's content, which is one text or a list. */
import { isRecord, type JsonRecord } from './json-record.ts';

const IMAGE_PARTS: ReadonlySet<unknown> = new Set(['image_url', 'input_image', 'image']);

export function isImagePart(part: JsonRecord): boolean {
  return IMAGE_PARTS.has(part['type']);
}

export function hasImage(content: unknown): boolean {
  return Array.isArray(content) && content.some((part: unknown) => isRecord(part) && isImagePart(part));
}

/** The texts of a content in their order. */
export function* textsOf(content: unknown): Generator<string> {
  if (typeof content === 'string') yield content;
  if (!Array.isArray(content)) return;
  for (const part of content as unknown[]) {
    const text = isRecord(part) ? part['text'] : part;
    if (typeof text === 'string') yield text;
  }
}
