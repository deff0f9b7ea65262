/** What a browser with a page of the console does over HTTP, with a jar for the one cookie. */
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { LiveFrame, SessionPage } from '../../../src/proxy/console/contract.ts';
import { until } from '../../live/proxy/until.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Of an error; empty for anything else. */
  readonly code: string;
  json(): unknown;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a text. */
  readonly body?: unknown;
}

export interface LiveEvent {
  readonly event: string;
  readonly data: string;
}

export class PageClient {
  cookie: string | null = null;
  csrfToken: string | null = null;
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  /** With what the page would send by itself: the cookie and, where something may change, the CSRF token. */
  async call(method: string, path: string, { headers = {}, body }: CallOptions = {}): Promise<Answer> {
    const response = await this.send(method, path, this.headersFor(method, body, headers), textOf(body));
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    this.keepCookie(response.headers['set-cookie']);
    const isError = text.startsWith('{"error":');
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      code: isError ? (JSON.parse(text) as { error: { code: string } }).error.code : '',
      json: () => JSON.parse(text) as unknown,
    };
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('GET', path, { headers });
  }

  post(path: string, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('POST', path, { headers, body });
  }

  async login(token: string): Promise<Answer> {
    const answer = await this.post('/console/login', { token });
    if (answer.status === 200) this.csrfToken = signedIn(answer).csrfToken;
    return answer;
  }

  /** @param isRead false: what comes is left in the connection, as by a reader that hangs */
  async live(isRead = true): Promise<LiveReader> {
    return new LiveReader(await this.send('GET', '/console/live', this.headersFor('GET', undefined, {}), ''), isRead);
  }

  private headersFor(method: string, body: unknown, more: Readonly<Record<string, string>>): Record<string, string> {
    const isPost = method === 'POST';
    return {
      ...(this.cookie === null ? {} : { cookie: `other=1; ${this.cookie}` }),
      ...(isPost && this.csrfToken !== null ? { 'x-token-pool-csrf': this.csrfToken } : {}),
      ...(isPost && body !== undefined ? { 'content-type': 'application/json' } : {}),
      ...more,
    };
  }

  private send(method: string, path: string, headers: Record<string, string>, body: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false }, resolve);
      call.once('error', reject);
      call.end(body);
    });
  }

  private keepCookie(given: readonly string[] | undefined): void {
    const [pair = ''] = given?.[0]?.split(';') ?? [];
    if (pair === '') return;
    this.cookie = pair.endsWith('=') ? null : pair;
  }
}

/** What comes over a stream of events. */
export class LiveReader {
  readonly response: IncomingMessage;
  readonly events: LiveEvent[] = [];
  isEnded = false;
  private rest = '';

  constructor(response: IncomingMessage, isRead: boolean) {
    this.response = response;
    response.setEncoding('utf8');
    response.once('close', () => (this.isEnded = true));
    response.on('error', () => undefined);
    if (isRead) this.read();
  }

  get frames(): LiveFrame[] {
    return this.events.flatMap(({ event, data }) => (event === 'frame' ? [JSON.parse(data) as LiveFrame] : []));
  }

  /** Begins to read. */
  read(): void {
    this.response.on('data', (text: string) => {
      const parts = (this.rest + text).split('\n\n');
      this.rest = parts.pop() ?? '';
      this.events.push(...parts.map(eventOf));
    });
  }

  framesCome(count: number): Promise<void> {
    return until(() => this.events.filter(({ event }) => event === 'frame').length >= count, `${count} frames`);
  }

  ends(): Promise<void> {
    return until(() => this.isEnded, 'the end of the stream');
  }

  leave(): void {
    this.response.destroy();
  }
}

export function signedIn(answer: Answer): Extract<SessionPage, { readonly state: 'signed-in' }> {
  const page = answer.json() as SessionPage;
  if (page.state !== 'signed-in') throw new Error(`not signed in: ${answer.text}`);
  return page;
}

function eventOf(text: string): LiveEvent {
  const lines = text.split('\n');
  const field = (name: string): string =>
    lines.flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : [])).join('\n');
  return { event: field('event'), data: field('data') };
}

function textOf(body: unknown): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}
