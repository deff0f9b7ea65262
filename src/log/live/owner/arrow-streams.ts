import { BadInput } from '../../../config/bad-input.ts';
import type { arrowStream } from '../../arrow-stream.ts';
import type { DatabaseFile } from '../../log-file.ts';
import type { LogSource } from '../../log-source.ts';
import { selectRows, type RowSelection } from '../../row-selection.ts';

const STREAMS_MAX = 8;
/** A stream that nobody has read from for so long gives its place to a new one, ms. */
const IDLE_MS = 60_000;
/** Most rows of one stream; who wants more asks for one stretch of time after the other. */
const ROWS_MAX = 1_000_000;

/** Arrow streams that are being read, a piece at a time. */
export interface ArrowStreams {
  /** @throws BadInput for a selection that cannot be, or when too many streams are open */
  open(file: DatabaseFile, sources: readonly LogSource[], selection: RowSelection): number;
  /** The next piece; null at the end, after which the stream is gone. @throws BadInput when there is none of that number */
  next(stream: number): Promise<Uint8Array<ArrayBuffer> | null>;
  close(stream: number): void;
  closeAll(): void;
}

interface OpenStream {
  readonly pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>;
  usedAtMs: number;
}

export function createArrowStreams(): ArrowStreams {
  const streams = new Map<number, OpenStream>();
  let last = 0;

  const close = (stream: number): void => {
    void streams
      .get(stream)
      ?.pieces.return(undefined)
      .catch(() => undefined);
    streams.delete(stream);
  };

  const makeRoom = (): void => {
    if (streams.size < STREAMS_MAX) return;
    const [idlest] = [...streams].sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
    if (idlest === undefined || performance.now() - idlest[1].usedAtMs < IDLE_MS) {
      throw new BadInput(`${STREAMS_MAX} streams of the log are being read already; wait for one to end`);
    }
    close(idlest[0]);
  };

  return {
    open(file, sources, selection) {
      makeRoom();
      const limit = Math.min(selection.limit ?? ROWS_MAX, ROWS_MAX);
      if (!(limit >= 0)) throw new BadInput('limit: must be a number of rows');
      // Found out now rather than at the first piece.
      selectRows(selection);
      last += 1;
      const pieces = piecesOf(file, sources, { ...selection, limit });
      streams.set(last, { pieces, usedAtMs: performance.now() });
      return last;
    },
    async next(stream) {
      const open = streams.get(stream);
      if (open === undefined) throw new BadInput('this stream of the log was closed');
      open.usedAtMs = performance.now();
      const { done, value } = await open.pieces.next();
      if (done !== true) return value;
      streams.delete(stream);
      return null;
    },
    close,
    closeAll() {
      for (const stream of streams.keys()) close(stream);
    },
  };
}

/** Arrow is loaded by the first stream: a server that starts does not wait for it. */
async function* piecesOf(...stream: Parameters<typeof arrowStream>): ReturnType<typeof arrowStream> {
  const { arrowStream: open } = await import('../../arrow-stream.ts');
  yield* open(...stream);
}
