/** The promotions as they stand, and how each kind of step gets to the disk before or after it takes effect. */
import { fileTrouble } from '../config/file-trouble.ts';
import type { PolicyState } from './promotion-schema.ts';
import type { PromotionStore } from './promotion-store.ts';
import type { Promotion } from './promotion.ts';
import { PolicyRefusal } from './refusal.ts';

export class KeptState {
  private readonly store: PromotionStore;
  private readonly warn: (line: string) => void;
  private current: PolicyState;
  private isUnsaved = false;
  private hasWarned = false;

  /** @param warn takes one line, when the disk begins to refuse */
  constructor(store: PromotionStore, warn: (line: string) => void) {
    this.store = store;
    this.warn = warn;
    this.current = store.state;
  }

  get state(): PolicyState {
    return this.current;
  }

  /** What was on its way goes on after a restart: the disk has it, but for what its stage has counted. */
  resume(open: Promotion): void {
    this.current = { ...this.current, open };
  }

  /** For what somebody asks for. @throws PolicyRefusal when the disk refuses: nothing has changed */
  saveOrRefuse(state: PolicyState): void {
    try {
      this.save(state);
    } catch (error) {
      throw new PolicyRefusal('conflict', `it cannot be written down, so nothing was changed: ${fileTrouble(error)}`);
    }
  }

  /** For a step ahead. @returns false: it has to wait until the disk takes it */
  saveOrWait(state: PolicyState): boolean {
    try {
      this.save(state);
      this.hasWarned = false;
      return true;
    } catch (error) {
      this.warnOnce(`a step waits, because it cannot be written down: ${fileTrouble(error)}`);
      return false;
    }
  }

  /** For a step back: it is taken whether the disk takes it or not. */
  saveInAnyCase(state: PolicyState): void {
    this.current = state;
    this.isUnsaved = true;
    this.saveAtLast();
  }

  /** Tries again to write what the disk refused; nothing happens when there is no such thing. */
  saveAtLast(): void {
    if (!this.isUnsaved) return;
    try {
      this.save(this.current);
    } catch (error) {
      this.warnOnce(`a rollback is in force and cannot be written down: ${fileTrouble(error)}`);
    }
  }

  private save(state: PolicyState): void {
    this.store.save(state);
    this.current = state;
    this.isUnsaved = false;
  }

  private warnOnce(line: string): void {
    if (!this.hasWarned) this.warn(line);
    this.hasWarned = true;
  }
}
