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

/**
 * For calls that a route takes: compressed bytes would be taken for bad JSON.
 *
 * @throws CompressedBody
 */
export async function refuseCompressed({ method, headers, is404 }: FastifyRequest): Promise<void> {
  if (method === 'POST' && !is404 && !PLAIN.test(headers['content-encoding'] ?? '')) throw new CompressedBody();
}

/** Names the limit of most routes, which is a setting. */
export function tooLargeMessage(bodyBytesMax: number): string {
  const mebibytes = Number((bodyBytesMax / BYTES_IN_MEBIBYTE).toPrecision(4));
  return `The body is larger than this server accepts: ${mebibytes} MiB, the setting server.bodyMebibytesMax.`;
}
