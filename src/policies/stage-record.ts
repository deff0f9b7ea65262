/** What the stage at hand has counted, kept so that a restart goes on from there. */
import type { GuardWatch } from './guard-watch.ts';
import type { PolicyHost } from './policy-host.ts';
import type { Promotion } from './promotion.ts';
import type { StageRecord } from './promotion-schema.ts';
import type { PromotionStore } from './promotion-store.ts';

/** A killed proxy forgets at most so much of what it had counted, ms on the wall. */
const KEEP_EVERY_MS = 5_000;
const NOTHING_HEARD: Promotion['shadow'] = { decisions: 0, differs: 0 };

export class StageRecordKeeper {
  private readonly host: PolicyHost;
  private readonly store: PromotionStore;
  private readonly watch: GuardWatch;
  /** Heard by the shadow before a restart. */
  private heard = NOTHING_HEARD;
  private keepAtMs = 0;

  constructor(host: PolicyHost, store: PromotionStore, watch: GuardWatch) {
    this.host = host;
    this.store = store;
    this.watch = watch;
  }

  /** Of a new promotion. */
  begin(promotion: Promotion, assumedOutputTokens: number): void {
    this.watch.begin(this.host.pool(), assumedOutputTokens);
    this.beginStage(promotion);
  }

  beginStage(promotion: Promotion): void {
    this.heard = NOTHING_HEARD;
    if (promotion.stage === 'canary') this.watch.beginStage();
    this.write(promotion);
  }

  /**
   * Goes on counting after a restart: from the last record, or from nothing where there is none of this stage. The time
   * in which the proxy was away is no part of the stage.
   */
  resume(promotion: Promotion, assumedOutputTokens: number): Promotion {
    const { stageRecord: saved } = this.store;
    const nowMs = this.host.nowMs();
    const isOfStage = saved !== null && saved.promotionId === promotion.id && saved.stage === promotion.stage;
    const record = isOfStage ? saved : null;
    this.watch.begin(this.host.pool(), assumedOutputTokens, record?.watch ?? null);
    this.heard = record?.shadow ?? NOTHING_HEARD;
    const counted = Math.max(0, (record?.atMs ?? 0) - promotion.stageSinceMs - (record?.pausedMs ?? 0));
    // Negative where a clock was set back; the stage then counts from what it had.
    return { ...promotion, pausedMs: nowMs - promotion.stageSinceMs - counted };
  }

  /** Decisions that the shadow has heard in this stage, restarts included. */
  shadowTally(): Promotion['shadow'] {
    const { decisions, differs } = this.host.shadowTally();
    return { decisions: this.heard.decisions + decisions, differs: this.heard.differs + differs };
  }

  /** Writes the record when it is time to. */
  keep(promotion: Promotion): void {
    if (this.host.wallNowMs() >= this.keepAtMs) this.write(promotion);
  }

  write(promotion: Promotion): void {
    const { id: promotionId, stage, pausedMs } = promotion;
    this.keepAtMs = this.host.wallNowMs() + KEEP_EVERY_MS;
    const shadow = stage === 'shadow' ? this.shadowTally() : promotion.shadow;
    const counted = { atMs: this.host.nowMs(), pausedMs, shadow, watch: this.watch.save() };
    const record: StageRecord = { formatVersion: 1, promotionId, stage, ...counted };
    try {
      this.store.saveStage(record);
    } catch {
      // Only a restart would miss it, and that counts anew.
    }
  }
}
