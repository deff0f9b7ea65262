/**
 * One client's call from its body to the last byte of its answer. It does what the core says: sends, waits, gives up.
 * The last byte is held back until the rows that tell of it are in the log.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import {
  proxyErrorAnswer,
  rejectAnswer,
  rewriteRequest,
  streamErrorEvent,
  notAvailableMessage,
  unknownModelMessage,
  unknownRouteMessage,
  type Endpoint,
  type ErrorAnswer,
  type ParsedRequest,
} from '../protocols/openai/index.ts';
import {
  whyUnsupported,
  type Arm,
  type PoolDefinition,
  type RejectCommand,
  type RouterRequest,
  type RoutingDecision,
  type SendCommand,
} from '../router/index.ts';
import { leftWhileWaiting, outcomeOf, type CancelCode } from './attempt-outcome.ts';
import type { Driver, RequestOwner } from './driver.ts';
import type { ProxyWatcher, RequestEnding } from './proxy-events.ts';
import type { Slotted } from './slot-set.ts';
import type { TargetConnection } from './target-connections.ts';
import type {
  AnswerHead,
  AttemptListener,
  AttemptResult,
  AttemptTimeouts,
  UpstreamAttempt,
  UpstreamClient,
} from './upstream/index.ts';
import { writeChunk } from './write-chunk.ts';

/** What all exchanges share. */
export interface ExchangeSurroundings {
  readonly driver: Driver;
  readonly upstream: UpstreamClient;
  readonly watcher: Required<ProxyWatcher>;
  /** By target id; of the configuration in force. */
  connectionOf(target: string): TargetConnection;
  /** As configured. */
  pool(): PoolDefinition;
  /** Of the policy in force for an arm, ms on the wall. */
  timeouts(arm: Arm): AttemptTimeouts;
  /** As `LiveLog.whenFlushed`. */
  whenLogged(then: (trouble: Error | null) => void): void;
  /** The client has all of its answer, or has left. */
  closed(exchange: Exchange): void;
}

/** What the client sees of its routing. */
const ANSWER_HEADERS = {
  requestId: 'x-token-pool-request-id',
  target: 'x-token-pool-target',
  route: 'x-token-pool-route',
  attempts: 'x-token-pool-attempts',
  policy: 'x-token-pool-policy',
} as const;
/** The status that logs give a call whose client had left, */
const CLIENT_LEFT_STATUS = 499;
/** and one that the proxy gave up. */
const GIVEN_UP_STATUS = 503;
const BODY_BYTES_WITH_HEAD_MAX = 8_192;

export class Exchange implements RequestOwner, AttemptListener, Slotted {
  slot = -1;
  readonly request: RouterRequest;
  private readonly parsed: ParsedRequest;
  private readonly body: Buffer;
  private readonly endpoint: Endpoint;
  private readonly incoming: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly around: ExchangeSurroundings;
  private readonly arrivedAtMs: number;
  /** Whose policy it goes by, as its last decision says. */
  private arm: Arm;
  /** Of the attempt at hand. */
  private connection: TargetConnection | null = null;
  private attempt: UpstreamAttempt | null = null;
  private attempts = 0;
  private target = '';
  /** The route and the pool that the target was chosen from, as a header can carry them; empty without routes. */
  private route = '';
  private targetIndex = -1;
  private forcesWebSearch = false;
  private forcesVision = false;
  /** What the last attempt brought, once it has ended. */
  private result: AttemptResult | null = null;
  private hasHead = false;
  private isOver = false;
  private hasLeft = false;
  private leftBecause: CancelCode = 'client_left';
  private isClientSlow = false;

  constructor(
    request: RouterRequest,
    parsed: ParsedRequest,
    body: Buffer,
    endpoint: Endpoint,
    incoming: IncomingMessage,
    response: ServerResponse,
    around: ExchangeSurroundings,
  ) {
    this.request = request;
    this.parsed = parsed;
    this.body = body;
    this.endpoint = endpoint;
    this.incoming = incoming;
    this.response = response;
    this.around = around;
    this.arrivedAtMs = around.driver.nowMs();
    this.arm = around.driver.armOf(request);
    response.on('close', () => this.clientClosed());
    // A broken connection closes too, which is all that matters.
    response.on('error', ignore);
  }

  start(): void {
    this.around.driver.begin(this);
  }

  /** In the core's queue or between two attempts: nothing is under way for it. */
  get isWaiting(): boolean {
    return !this.isOver && this.attempt === null;
  }

  /** The proxy cannot wait any longer: ends as if the client had left, and tells the client that it was us. */
  giveUp(): void {
    if (this.isOver) return;
    this.leftBecause = 'shutdown';
    this.leave();
    if (!this.hasHead) this.endWithError(proxyErrorAnswer('shutting_down'));
    else this.endStreamWith(streamErrorEvent('shutting_down', this.result?.isMidEvent ?? false));
  }

  // The core's commands.

  send(command: SendCommand): void {
    const { upstream } = this.around;
    const connection = this.around.connectionOf(command.target);
    const asksForUsage = this.request.stream && connection.asksForUsage;
    this.connection = connection;
    this.attempts = command.attempt;
    this.target = command.target;
    this.arm = command.decision.arm;
    this.route = routeText(command.decision.routing);
    this.targetIndex = command.targetIndex;
    this.result = null;
    this.forcesWebSearch = command.decision.routing?.forceWebSearch === true;
    this.forcesVision = command.decision.routing?.forceVision === true;
    const { origin, path } = this.endpoint === 'chat' ? connection.chat : connection.embeddings;
    this.attempt = upstream.start(
      {
        origin,
        path,
        headers: connection.headers.forCall(this.headersForProvider()),
        body: rewriteRequest(
          this.body,
          this.parsed.layout,
          { model: connection.model, asksForUsage },
          upstream.lendBody,
        ),
        endpoint: this.endpoint,
        isStream: this.request.stream,
        hidesUsage: asksForUsage && !this.parsed.wantsStreamUsage,
        timeouts: this.around.timeouts(this.arm),
      },
      this,
    );
  }

  wait(): void {
    // The client waits with us; what it has to hear comes with the end of the wait.
  }

  reject(command: RejectCommand): void {
    if (command.decision !== null) this.arm = command.decision.arm;
    this.close('rejected', command, this.statusOf(command));
    const { result } = this;
    const answer = result?.answer;
    if (this.hasHead) this.endBrokenStream(command, result);
    else if (command.code === 'UPSTREAM_REJECTED' && answer) this.endLogged(answer.status, answer.headers, answer.body);
    else this.endWithError(rejectAnswer(this.onTheWall(command), this.reasonFor(command)));
  }

  /** What can be said of this request, beyond what the code says of all. */
  private reasonFor({ code, details }: RejectCommand): string | null {
    if (code === 'UNKNOWN_MODEL') return unknownModelMessage(this.request.model);
    if (code === 'PROVIDER_NOT_AVAILABLE' && details !== null) return notAvailableMessage(details);
    if (code === 'ROUTE_NOT_FOUND') return unknownRouteMessage(details?.route ?? '', this.routeNames());
    return code === 'UNSUPPORTED_REQUEST' ? whyUnsupported(this.around.pool(), this.request, details) : null;
  }

  private routeNames(): readonly string[] {
    const { routing, clientKeys } = this.around.pool();
    const allowed = clientKeys.find(({ name }) => name === this.request.clientKey)?.routes ?? null;
    const names = routing?.routes.map(({ name }) => name) ?? [];
    return allowed === null ? names : names.filter((name) => allowed.includes(name));
  }

  /** The command with the client's kind of time. */
  private onTheWall(command: RejectCommand): RejectCommand {
    const { speed } = this.around.driver;
    if (speed === 1 || command.retryAfterMs === null) return command;
    return { ...command, retryAfterMs: command.retryAfterMs / speed };
  }

  // The attempt's progress.

  onHead(head: AnswerHead): void {
    this.hasHead = true;
    this.writeHead(head.status, head.headers);
  }

  onChunk(chunk: Buffer): void {
    const slow = writeChunk(this.response, chunk);
    if (slow === null) return;
    this.attempt?.pause();
    // What had been read already still comes; it waits for the same moment.
    if (this.isClientSlow) return;
    this.isClientSlow = true;
    slow.once('drain', () => {
      this.isClientSlow = false;
      this.attempt?.resume();
    });
  }

  onEnd(result: AttemptResult): void {
    this.attempt = null;
    this.result = result;
    if (this.isOver) return;
    const { driver } = this.around;
    const outcome = outcomeOf(this.request, this.attempts, result, this.connection!.prices, driver.speed);
    const isCancelled = result.kind === 'cancelled';
    const told = isCancelled ? { ...outcome, errorCode: this.leftBecause } : outcome;
    driver.observe(this, told, this.targetIndex, this.target);
    if (result.kind === 'success') this.complete(result);
    else if (isCancelled) this.close('cancelled', null, this.statusOfLeft());
  }

  private complete(result: AttemptResult): void {
    const { answer, tail } = result;
    this.close('completed', null, answer?.status ?? result.status ?? 200);
    if (answer === null) this.whenLogged(() => this.response.end(tail ?? undefined), tail !== null);
    else this.endLogged(answer.status, answer.headers, answer.body);
  }

  /** A stream that broke after the client had seen a part of it: the provider's own error event, or one of ours. */
  private endBrokenStream(command: RejectCommand, result: AttemptResult | null): void {
    this.endStreamWith(result?.tail ?? streamErrorEvent(command.code, result?.isMidEvent ?? false));
  }

  private endStreamWith(last: Buffer): void {
    this.whenLogged(() => this.response.end(last), true);
  }

  private endWithError(answer: ErrorAnswer): void {
    this.endLogged(answer.status, answer.headers, Buffer.from(answer.body));
  }

  private endLogged(status: number, headers: Readonly<Record<string, string>>, body: Buffer): void {
    this.around.whenLogged((trouble) => {
      if (this.response.destroyed) return;
      if (trouble !== null) {
        this.writeError(proxyErrorAnswer('log_unavailable'));
        return;
      }
      this.writeHead(status, headers, body.length);
      this.endWith(body);
    });
  }

  /** Ends a stream once its rows are safe; when they cannot be, says so instead of pretending that all is well. */
  private whenLogged(end: () => void, hasEvents: boolean): void {
    this.around.whenLogged((trouble) => {
      if (this.response.destroyed) return;
      if (trouble === null) end();
      else if (hasEvents) this.response.end(streamErrorEvent('log_unavailable', this.result?.isMidEvent ?? false));
      else this.response.destroy();
    });
  }

  private writeError(answer: ErrorAnswer): void {
    const body = Buffer.from(answer.body);
    this.writeHead(answer.status, answer.headers, body.length);
    this.response.end(body);
  }

  /** A flat list, because the headers' own setters check and copy every one of them twice. */
  private writeHead(status: number, headers: Readonly<Record<string, string>>, bodyBytes: number | null = null): void {
    const list: string[] = [];
    for (const name in headers) list.push(name, headers[name]!);
    list.push(ANSWER_HEADERS.requestId, this.request.requestId);
    if (this.target !== '') list.push(ANSWER_HEADERS.target, this.target);
    if (this.route !== '') list.push(ANSWER_HEADERS.route, this.route);
    list.push(ANSWER_HEADERS.attempts, String(this.attempts));
    list.push(ANSWER_HEADERS.policy, this.around.driver.policyOf(this.arm).hash);
    if (bodyBytes !== null) list.push('content-length', String(bodyBytes));
    this.response.writeHead(status, list);
    // A stream's head is not to wait for its first chunk.
    if (bodyBytes === null) this.response.flushHeaders();
  }

  /** A short body goes as text, which Node sends in one piece with the head. */
  private endWith(body: Buffer): void {
    if (body.length > BODY_BYTES_WITH_HEAD_MAX) this.response.end(body);
    else this.response.end(body.toString('latin1'), 'latin1');
  }

  private statusOf(command: RejectCommand): number {
    if (this.hasHead) return this.response.statusCode;
    return command.code === 'UPSTREAM_REJECTED' ? (this.result?.answer?.status ?? command.status) : command.status;
  }

  private clientClosed(): void {
    if (!this.isOver && !this.response.writableFinished) this.leave();
    this.around.closed(this);
  }

  /** Whatever the request is doing, nobody waits for it any more. */
  private leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    const { driver } = this.around;
    if (this.attempt !== null) {
      // Ends in `onEnd` before it returns.
      this.attempt.abort();
    } else if (driver.isOpen(this.request.requestId)) {
      const waitedMs = driver.nowMs() - this.arrivedAtMs;
      driver.observe(this, leftWhileWaiting(this.request.requestId, waitedMs, this.leftBecause), -1, null);
      this.close('cancelled', null, this.statusOfLeft());
    }
  }

  private statusOfLeft(): number {
    if (this.leftBecause === 'client_left') return CLIENT_LEFT_STATUS;
    return this.hasHead ? this.response.statusCode : GIVEN_UP_STATUS;
  }

  private close(ending: RequestEnding, command: RejectCommand | null, status: number): void {
    if (this.isOver) return;
    this.isOver = true;
    const { watcher, driver } = this.around;
    watcher.ended(this.request, ending, command, status, driver.nowMs());
  }

  /** The client's, and which attempt of which request this is, for a provider that is configured to be told. */
  private headersForProvider(): IncomingHttpHeaders {
    const { headers } = this.incoming;
    headers['x-token-pool-request-id'] = this.request.requestId;
    headers['x-token-pool-attempt'] = String(this.attempts);
    if (this.forcesWebSearch) headers['x-token-pool-force-web-search'] = 'true';
    if (this.forcesVision) headers['x-token-pool-force-vision'] = 'true';
    return headers;
  }
}

/** Names of routes and pools may hold what no header can. */
function routeText(routing: RoutingDecision | null): string {
  if (routing === null) return '';
  return encodeURI(`${routing.route ?? routing.requestedRoute ?? 'model'}/${routing.pool ?? ''}`);
}

function ignore(): void {
  // Heard elsewhere.
}
