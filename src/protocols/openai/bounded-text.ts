/** Texts of clients that are kept: none of them longer than it needs to be. */
import { createHash } from 'node:crypto';

/** Longer ids are kept as their SHA-256. Characters. */
const ID_LENGTH_MAX = 128;

/** The text without blanks around it; null for what is no text, or has nothing else in it. */
export function filledText(value: unknown): string | null {
  return typeof value === 'string' ? value.trim() || null : null;
}

/** An id as it is, or when it is long, one of 64 characters that stands for it. */
export function boundedId(id: string): string {
  return id.length <= ID_LENGTH_MAX ? id : createHash('sha256').update(id).digest('hex');
}
