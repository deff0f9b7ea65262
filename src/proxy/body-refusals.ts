/** Why a body is not taken, whichever API it was sent to. */
import type { FastifyRequest } from 'fastify';

/** What a body may be encoded as: nothing but itself. */
const PLAIN = /^\s*(?:identity\s*)?$/i;
const BYTES_IN_MEBIBYTE = 1_048_576;

/** A body that would have to be unpacked. */
export class CompressedBody extends Error {
  readonly statusCode = 415;
  readonly code = 'TOKEN_POOL_COMPRESSED_BODY';

  constructor() {
    super('Compressed bodies are not taken: send the JSON as it is, without the header content-encoding.');
  }
}

/** Null when there is nothing to say, as to a call that no route takes. Compressed bytes would be taken for bad JSON. */
export function compressionRefusal({ method, headers, is404 }: FastifyRequest): CompressedBody | null {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || method !== 'POST' || is404 || PLAIN.test(encoding)) return null;
  return new CompressedBody();
}

/** Names the limit of most routes, which is a setting. */
export function tooLargeMessage(bodyBytesMax: number): string {
  const mebibytes = Number((bodyBytesMax / BYTES_IN_MEBIBYTE).toPrecision(4));
  return `The body is larger than this server accepts: ${mebibytes} MiB, the setting server.bodyMebibytesMax.`;
}
