/**
 * What the proxy tells those who watch it: metrics, the list of recent requests, cost totals, its own log. They are
 * told on the hot path, one after the other, so each notes a few numbers and returns; none may throw, and none sees
 * a prompt, an answer or a secret.
 */
import type { Arm, AttemptOutcome, RejectCommand, RouterRequest, SendCommand, WaitCommand } from '../router/index.ts';
import type { ProxyErrorCode } from '../protocols/openai/index.ts';

/** How a request that the core had taken in came to its end. */
export type RequestEnding = 'completed' | 'rejected' | 'cancelled';

export interface ProxyWatcher {
  /**
   * The core takes the request in. Times are those of the core: Unix time, ms.
   *
   * @param arm whose policy it goes by
   */
  arrived?(request: RouterRequest, nowMs: number, arm: Arm): void;
  sent?(request: RouterRequest, command: SendCommand, nowMs: number): void;
  waits?(request: RouterRequest, command: WaitCommand, nowMs: number): void;
  /** @param target where the attempt went; a reload may have taken it out of the pool since */
  attemptEnded?(request: RouterRequest, outcome: AttemptOutcome, target: string, nowMs: number): void;
  /**
   * Once for each request that arrived.
   *
   * @param command the core's rejection, null for the other endings
   * @param status what the client got; 499 when it had left
   */
  ended?(
    request: RouterRequest,
    ending: RequestEnding,
    command: RejectCommand | null,
    status: number,
    nowMs: number,
  ): void;
  /** A call that never reached the core, and why. */
  refused?(code: ProxyErrorCode | 'bad_request'): void;
  /** The router was replaced: other targets, other budgets, another policy or canary. */
  reconfigured?(nowMs: number): void;
}

/** All watchers as one. */
export function watchTogether(watchers: readonly ProxyWatcher[]): Required<ProxyWatcher> {
  return {
    arrived(request, nowMs, arm) {
      for (const watcher of watchers) watcher.arrived?.(request, nowMs, arm);
    },
    sent(request, command, nowMs) {
      for (const watcher of watchers) watcher.sent?.(request, command, nowMs);
    },
    waits(request, command, nowMs) {
      for (const watcher of watchers) watcher.waits?.(request, command, nowMs);
    },
    attemptEnded(request, outcome, target, nowMs) {
      for (const watcher of watchers) watcher.attemptEnded?.(request, outcome, target, nowMs);
    },
    ended(request, ending, command, status, nowMs) {
      for (const watcher of watchers) watcher.ended?.(request, ending, command, status, nowMs);
    },
    refused(code) {
      for (const watcher of watchers) watcher.refused?.(code);
    },
    reconfigured(nowMs) {
      for (const watcher of watchers) watcher.reconfigured?.(nowMs);
    },
  };
}
