/**
 * Follows which requests are open, from the inputs of the core and its answers, so that a decision can be written
 * down together with the request that it is about. It remembers open requests only.
 */
import {
  SlotMap,
  type Arm,
  type AttemptOutcome,
  type Command,
  type RouterRequest,
  type RouterSnapshot,
} from '../router/index.ts';
import type { ConfigurePayload, LogInput } from './payload.ts';

/** Under what names a policy is logged. */
export interface PolicyWords {
  readonly policyName: string;
  readonly policyHash: string;
}

/** What the rows of a run share. */
export interface RunWords {
  readonly policyHash: string;
  readonly coreVersion: string;
  /** Of the canary's policy; null without a canary. */
  readonly canary: PolicyWords | null;
}

/** The words of a run as it was configured. */
export function runWordsOf({ policyHash, coreVersion, canary }: ConfigurePayload): RunWords {
  return { policyHash, coreVersion, canary: canary ? wordsOf(canary) : null };
}

function wordsOf({ policyName, policyHash }: PolicyWords): PolicyWords {
  return { policyName, policyHash };
}

/**
 * Hash of the policy that decided.
 *
 * @throws Error when a canary decided of which the log was not told
 */
export function policyHashOf(run: RunWords, arm: Arm): string {
  if (arm === 'main') return run.policyHash;
  if (run.canary === null) throw new Error('a canary decided, of which the log was not told');
  return run.canary.policyHash;
}

/** A request that has not ended. */
export interface FollowedRequest {
  readonly request: RouterRequest;
  /** The last attempt that was sent; 0 before the first. */
  attempt: number;
  /** Whether that attempt is under way, or the request is queued or backing off. */
  phase: 'sent' | 'waiting';
}

export interface RequestFollower {
  /** An input of the core, in order. */
  note(input: LogInput): void;
  /** One command that answered the last input, in order. */
  settle(command: Command): void;
  /** Takes over where another run stood: its open requests and the words of its rows. */
  resume(snapshot: RouterSnapshot, words: RunWords): void;
  /** Takes over what another follower knows. */
  takeOver(other: RequestFollower): void;
  /** Null before the first `configure`. */
  readonly run: RunWords | null;
  readonly open: ReadonlyMap<string, FollowedRequest>;
  /** A request that the last outcome ends, unless a command that follows it says otherwise. */
  readonly ending: string | null;
}

/** A follower that knows of nothing yet. */
export function createRequestFollower(): RequestFollower {
  const open = new SlotMap<FollowedRequest>();
  let run: RunWords | null = null;
  // An outcome ends its request unless the commands that follow send it again or let it wait.
  let ending: string | null = null;

  const configure = (payload: ConfigurePayload): void => {
    run = runWordsOf(payload);
    if ((payload.start ?? 'fresh') === 'fresh') open.clear();
  };

  return {
    note(input) {
      if (ending !== null) open.delete(ending);
      ending = null;
      if (input.kind === 'configure') configure(input.payload);
      if (input.kind === 'begin') {
        open.set(input.payload.requestId, { request: input.payload, attempt: 0, phase: 'waiting' });
      }
      if (input.kind === 'observe' && endsRequest(open.get(input.payload.requestId), input.payload)) {
        ending = input.payload.requestId;
      }
    },
    settle(command) {
      if (command.kind === 'reject') {
        open.delete(command.requestId);
        return;
      }
      if (ending === command.requestId) ending = null;
      const entry = open.get(command.requestId);
      if (entry === undefined) return;
      entry.phase = command.kind === 'send' ? 'sent' : 'waiting';
      if (command.kind === 'send') entry.attempt = command.attempt;
    },
    resume(snapshot, words) {
      run = words;
      ending = null;
      open.clear();
      for (const { request, attempts, phase } of snapshot.flow.open.requests) {
        open.set(request.requestId, { request, attempt: attempts, phase: phase === 'sent' ? 'sent' : 'waiting' });
      }
    },
    takeOver(other) {
      run = other.run;
      ending = null;
      open.clear();
      for (const [id, entry] of other.open) if (id !== other.ending) open.set(id, { ...entry });
    },
    get ending() {
      return ending;
    },
    get run() {
      return run;
    },
    open,
  };
}

/** As the core has it: it heeds the attempt under way, and a waiting request only when its client leaves. */
function endsRequest(entry: FollowedRequest | undefined, outcome: AttemptOutcome): boolean {
  if (entry === undefined) return false;
  return entry.phase === 'sent' ? outcome.attempt === entry.attempt : outcome.kind === 'cancelled';
}
