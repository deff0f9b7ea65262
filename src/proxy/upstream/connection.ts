/**
 * One keep-alive connection to a provider, for one attempt at a time. An undici `Client` does the HTTP; this adds
 * what it lacks: giving up a connection that is still being made, and holding back reading without undici's pause.
 */
import type { Socket } from 'node:net';
import { Client, type buildConnector, type Dispatcher } from 'undici';

/** undici's connector returns the socket, which its types leave out. */
export type Connector = (options: buildConnector.Options, callback: buildConnector.Callback) => unknown;

export interface ConnectionSettings {
  readonly connector: Connector;
  /** Time after which an idle connection is closed, unless the provider names a shorter one, ms. */
  readonly keepAliveMs: number;
}

/**
 * undici pauses its HTTP parser, and then a reset of a connection whose answer said `connection: close` throws in an
 * event handler of undici's (`assert(!this.paused)`), which would end the process. So it is never asked to pause:
 * while `isHeld`, the socket has nothing to read, and the operating system holds the provider back.
 */
interface HeldSocket extends Socket {
  tokenPoolHolder?: Connection;
  /** The socket's own `read`. */
  tokenPoolRead?: Socket['read'];
}

export class Connection {
  isHeld = false;
  /** Called when the socket has closed, by either side. */
  onDisconnect: ((connection: Connection) => void) | null = null;
  private readonly client: Client;
  private socket: HeldSocket | null = null;

  constructor(origin: string, settings: ConnectionSettings) {
    this.client = new Client(origin, {
      pipelining: 1,
      keepAliveTimeout: settings.keepAliveMs,
      // The attempt has its own timers, which know of tokens and of slow clients.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options: buildConnector.Options, callback: buildConnector.Callback) => {
        const socket = settings.connector(options, callback) as HeldSocket;
        socket.tokenPoolHolder = this;
        // Kept to be called with the socket as its `this`.
        socket.tokenPoolRead = Reflect.get(socket, 'read') as Socket['read'];
        socket.read = readUnlessHeld;
        this.socket = socket;
      },
    });
    this.client.on('disconnect', () => this.onDisconnect?.(this));
  }

  /** Nothing of what was dispatched is still to be handed to the operating system. */
  get hasSentAll(): boolean {
    return this.socket !== null && this.socket.writableLength === 0;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.client.dispatch(options, handler);
  }

  hold(): void {
    this.isHeld = true;
  }

  /** Reading goes on after the running code: it may have been called by the parser, which cannot be entered again. */
  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    queueMicrotask(() => {
      const { socket } = this;
      if (!this.isHeld && socket !== null && !socket.destroyed) socket.emit('readable');
    });
  }

  /** Closes the connection, in whatever state it is; what runs on it is told by undici. */
  destroy(): void {
    this.onDisconnect = null;
    // A connection in the making is not the client's yet.
    this.socket?.destroy();
    this.client.destroy(null, ignore);
  }
}

function ignore(): void {
  // Nobody waits for the end of a connection that was given up.
}

/** Only undici's parser reads without a size; the stream's own `read(0)` must go on, it notices the end. */
function readUnlessHeld(this: HeldSocket, size?: number): unknown {
  if (size === undefined && this.tokenPoolHolder?.isHeld === true) return null;
  return this.tokenPoolRead!(size);
}
