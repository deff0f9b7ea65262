/** Follows `GET /console/live`, and connects again when the connection is lost, until the session is over. */
import type { LiveFrame } from '../../proxy/console/contract.ts';
import { readSession } from '../session/console-api.ts';

export type Connection = 'connecting' | 'live' | 'reconnecting';

export interface LiveListener {
  /** @param isFirst of a connection: it may repeat what was heard before */
  frame(frame: LiveFrame, isFirst: boolean): void;
  connection(state: Connection): void;
  /** The session is over; nothing more comes. */
  expired(): void;
}

const URL_OF_STREAM = '/console/live';
const WAIT_MS = 1_000;
const WAIT_MAX_MS = 15_000;

/**
 * A hidden page does not listen: the proxy does nothing for whoever does not look.
 *
 * @returns ends it
 */
export function followLive(listener: LiveListener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isOver = false;

  const hangUp = (): void => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const end = (): void => {
    isOver = true;
    hangUp();
    document.removeEventListener('visibilitychange', look);
  };
  const expire = (): void => {
    end();
    listener.expired();
  };
  const connect = (): void => {
    hangUp();
    if (document.hidden) return;
    let isFirst = true;
    const stream = new EventSource(URL_OF_STREAM);
    source = stream;
    stream.addEventListener('frame', (event) => {
      failures = 0;
      listener.connection('live');
      listener.frame(JSON.parse((event as MessageEvent<string>).data) as LiveFrame, isFirst);
      isFirst = false;
    });
    stream.addEventListener('expired', () => void askAgain());
    stream.addEventListener('error', () => lost());
  };
  const lost = (): void => {
    hangUp();
    if (isOver) return;
    listener.connection('reconnecting');
    timer = setTimeout(() => void askAgain(), Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** failures));
    failures += 1;
  };
  /** A stream does not say why it was refused; the session does. */
  const askAgain = async (): Promise<void> => {
    hangUp();
    try {
      const { state } = await readSession();
      if (isOver) return;
      if (state === 'signed-in') connect();
      else expire();
    } catch {
      lost();
    }
  };
  const look = (): void => {
    if (document.hidden) hangUp();
    else if (source === null) connect();
  };

  document.addEventListener('visibilitychange', look);
  listener.connection('connecting');
  look();
  return end;
}
