/** A router on trial: names the steps that tests take, and reads single commands out of the lists. */
import { expect } from 'vitest';
import {
  createRouter,
  type AttemptOutcome,
  type Command,
  type Policy,
  type PoolDefinition,
  type RejectCommand,
  type Router,
  type RouterRequest,
  type SendCommand,
  type TargetState,
  type WaitCommand,
} from '../../src/router/index.ts';
import { outcomeOf, policyWith, requestOf, type PolicyChanges } from './small-pool.ts';

export function onlySend(commands: readonly Command[]): SendCommand {
  expect(commands.map((command) => command.kind)).toEqual(['send']);
  return commands[0] as SendCommand;
}

export function onlyWait(commands: readonly Command[]): WaitCommand {
  expect(commands.map((command) => command.kind)).toEqual(['wait']);
  return commands[0] as WaitCommand;
}

export function onlyReject(commands: readonly Command[]): RejectCommand {
  expect(commands.map((command) => command.kind)).toEqual(['reject']);
  return commands[0] as RejectCommand;
}

/** Why each candidate was rejected, by target id; `null` for the eligible ones. */
export function rejections(command: SendCommand | RejectCommand): Record<string, string | null> {
  return Object.fromEntries((command.decision?.candidates ?? []).map((each) => [each.target, each.rejection]));
}

export interface Trial {
  readonly router: Router;
  /** The time of the last step, ms. */
  nowMs: number;
  begin(requestId: string, facts?: Partial<RouterRequest>): readonly Command[];
  /** Begins a request that must be sent at once. */
  send(requestId: string, facts?: Partial<RouterRequest>): SendCommand;
  /** Ends the attempt of a send command. */
  end(sent: SendCommand, facts?: Partial<AttemptOutcome>): readonly Command[];
  /** Begins a request, ends its only attempt at once, and tells where it went. */
  serve(requestId: string, facts?: Partial<RouterRequest>, outcome?: Partial<AttemptOutcome>): string;
  /** Lets time pass, waking the router whenever it wants to; the commands given meanwhile. */
  pass(ms: number): Command[];
  order(kind: 'disable' | 'enable' | 'cool', target: string, untilMs?: number | null): readonly Command[];
  state(target: string): TargetState;
}

/** Puts a router on trial; it explains its decisions. */
export function tryOut(pool: PoolDefinition, changes: PolicyChanges | Policy = {}, seed = 7, startMs = 0): Trial {
  const router = createRouter(pool, policyWith(changes), { seed, explain: true });
  return trialOf(router, startMs);
}

export function trialOf(router: Router, startMs: number): Trial {
  const trial: Trial = {
    router,
    nowMs: startMs,
    begin: (requestId, facts) => router.begin(requestOf(requestId, facts), trial.nowMs),
    send: (requestId, facts) => onlySend(trial.begin(requestId, facts)),
    end: (sent, facts) => router.observe(outcomeOf(sent.requestId, sent.attempt, facts), trial.nowMs),
    serve(requestId, facts, outcome) {
      const sent = trial.send(requestId, facts);
      trial.end(sent, outcome);
      return sent.target;
    },
    pass(ms) {
      const untilMs = trial.nowMs + ms;
      const commands: Command[] = [];
      while (router.nextWakeAtMs <= untilMs) {
        trial.nowMs = Math.max(trial.nowMs, router.nextWakeAtMs);
        commands.push(...router.wake(trial.nowMs));
      }
      trial.nowMs = untilMs;
      return commands;
    },
    order: (kind, target, untilMs = null) => router.order({ kind, target, untilMs }, trial.nowMs),
    state(target) {
      const index = router.targetIds.indexOf(target);
      expect(index).toBeGreaterThanOrEqual(0);
      return router.stateOf(index);
    },
  };
  return trial;
}
