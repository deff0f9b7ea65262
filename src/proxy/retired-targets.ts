/** Lets go of targets that a reload took out of the pool, as soon as their last attempts have ended. */
import type { AttemptOutcome, Router, RouterRequest } from '../router/index.ts';
import type { ProxyWatcher } from './proxy-events.ts';

export interface RetiredTargetsSettings {
  router(): Router;
  /** The core's time. */
  nowMs(): number;
  /** Whether a target is in the pool as configured now. */
  isConfigured(target: string): boolean;
  /** Gives the core the pool as configured: what is idle and not in it then goes. */
  forget(targets: readonly string[]): void;
}

/** The core keeps such targets until it is given a pool again, so somebody has to notice that the time has come. */
export class RetiredTargets implements ProxyWatcher {
  private readonly settings: RetiredTargetsSettings;
  private isDue = false;
  private isStopped = false;

  constructor(settings: RetiredTargetsSettings) {
    this.settings = settings;
  }

  attemptEnded(_request: RouterRequest, _outcome: AttemptOutcome, target: string): void {
    if (this.isDue || this.settings.isConfigured(target)) return;
    this.isDue = true;
    // Not at once: the core is in the midst of the input that ended the attempt.
    setImmediate(() => this.look());
  }

  /** Nothing is forgotten any more; the next start does it. */
  stop(): void {
    this.isStopped = true;
  }

  private look(): void {
    this.isDue = false;
    if (this.isStopped) return;
    const router = this.settings.router();
    const nowMs = this.settings.nowMs();
    const isIdle = (index: number): boolean => router.viewTarget(index, nowMs).inFlight === 0;
    const idle = router.targetIds.filter((id, index) => !this.settings.isConfigured(id) && isIdle(index));
    if (idle.length > 0) this.settings.forget(idle);
  }
}
