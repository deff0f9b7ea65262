import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { LiveLog } from '../../log/live/live-log.ts';
import type { RowSelection } from '../../log/row-selection.ts';

const CONTENT_TYPE = 'application/vnd.apache.arrow.stream';

/**
 * Answers with rows of the log as an Arrow IPC stream. Rows are read as fast as the client takes them, and reading
 * ends when it leaves.
 *
 * @throws BadInput when the selection cannot be, or too many streams are read already
 */
export async function sendLogRows(log: Pick<LiveLog, 'arrow'>, selection: RowSelection, reply: FastifyReply) {
  const pieces = log.arrow(selection);
  // Once the connection is closed, for whatever reason; a generator that was never asked for more knows nothing of it.
  reply.raw.once('close', () => void pieces.return(undefined).catch(() => undefined));
  // Before the answer begins, so that what is wrong with the selection can still be said.
  const first = await pieces.next();
  const all = first.done === true ? [] : startingWith(first.value, pieces);
  return reply.header('content-type', CONTENT_TYPE).send(Readable.from(all, { objectMode: false }));
}

async function* startingWith(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
