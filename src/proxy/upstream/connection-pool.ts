/** The connections to one origin: kept alive, bounded, and with a line for those who find none. */
import { Connection, type ConnectionSettings } from './connection.ts';

/** Who waits for a connection. */
export interface ConnectionTaker {
  /** Called at most once, after `enter` has returned, unless it has left the line. */
  takeConnection(connection: Connection): void;
}

export interface PoolCounts {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

export class ConnectionPool {
  private readonly origin: string;
  private readonly settings: ConnectionSettings;
  private readonly connectionsMax: number;
  private open = 0;
  /** Used from the end: what was used last is the least likely to be closed by the provider. */
  private readonly idle: Connection[] = [];
  /** In order of arrival; leaving it costs nothing. */
  private readonly waiting = new Set<ConnectionTaker>();

  constructor(origin: string, settings: ConnectionSettings, connectionsMax: number) {
    this.origin = origin;
    this.settings = settings;
    this.connectionsMax = connectionsMax;
  }

  get counts(): PoolCounts {
    return { open: this.open, idle: this.idle.length, waiting: this.waiting.size };
  }

  /** Gives the taker a connection now, or a place in the line. */
  enter(taker: ConnectionTaker): void {
    const connection = this.idle.pop() ?? this.create();
    if (connection === null) this.waiting.add(taker);
    else taker.takeConnection(connection);
  }

  /** The taker no longer waits. */
  leave(taker: ConnectionTaker): void {
    this.waiting.delete(taker);
  }

  /** The connection has served its attempt and can serve another. */
  giveBack(connection: Connection): void {
    const next = this.takeWaiting();
    if (next === null) this.idle.push(connection);
    else next.takeConnection(connection);
  }

  /** The connection is of no more use: closes it and makes another for the first of the line. */
  discard(connection: Connection): void {
    connection.destroy();
    this.open--;
    const next = this.takeWaiting();
    if (next !== null) this.enter(next);
  }

  /** Closes what is idle; to be called when the attempts have ended. */
  close(): void {
    for (const connection of this.idle.splice(0)) this.discard(connection);
  }

  private create(): Connection | null {
    if (this.open >= this.connectionsMax) return null;
    const connection = new Connection(this.origin, this.settings);
    this.open++;
    connection.onDisconnect = this.forgetIfIdle;
    return connection;
  }

  /** One in use ends with its attempt; one that is idle is closed by the provider or by its keep-alive time. */
  private readonly forgetIfIdle = (connection: Connection): void => {
    const place = this.idle.indexOf(connection);
    if (place < 0) return;
    this.idle.splice(place, 1);
    this.discard(connection);
  };

  private takeWaiting(): ConnectionTaker | null {
    for (const taker of this.waiting) {
      this.waiting.delete(taker);
      return taker;
    }
    return null;
  }
}
