/** What the bench asks of the load generator's process, and what it gets back. */
import type { CpuTime } from './process-cpu.ts';

/** Every load names the gateway by its port, and by its process where CPU time is wanted. */
interface Order {
  readonly port: number;
  readonly model: string;
  readonly bodyBytes: number;
}

/** As many requests as the gateway can take: each connection sends the next one when it has its answer. */
export interface SaturateOrder extends Order {
  readonly kind: 'saturate';
  readonly pid: number;
  readonly connections: number;
  readonly warmMs: number;
  readonly windowMs: number;
  /** Null: whole answers. Else streams of so many content events; for `pace` see `StreamPlan`. */
  readonly stream: { readonly events: number; readonly pace: 'acked' | 'free' } | null;
  readonly acknowledgePort: number;
}

/** Requests by the clock, whatever becomes of those before. */
export interface PaceOrder extends Order {
  readonly kind: 'pace';
  readonly perSecond: number;
  readonly windowMs: number;
  /** Null: whole answers, and the time until the last byte; else streams, and the time until the first. */
  readonly stream: { readonly events: number; readonly gapMs: number } | null;
}

/** Streams that all run at the same time. */
export interface BurstOrder extends Order {
  readonly kind: 'burst';
  readonly streams: number;
  /** How long each of them lasts at least, ms. */
  readonly lastsMs: number;
}

/** Clients that leave while their requests are queued for a target that takes two at a time. */
export interface LeaveOrder extends Order {
  readonly kind: 'leave';
  readonly leaving: number;
}

export type LoadOrder = SaturateOrder | PaceOrder | BurstOrder | LeaveOrder;

export interface Saturation {
  /** Ended in the window; of streams, the content events that came in it. */
  readonly count: number;
  readonly seconds: number;
  /** Of the gateway, in the window. */
  readonly cpu: CpuTime;
  /** As `count`, from the start of the load to the end of the last answer, for what is done later. */
  readonly countInAll: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Pace {
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
  readonly maxMs: number;
  readonly failures: number;
  readonly firstFailure: string | null;
}

export interface Burst {
  /** Time to the first byte. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Streams that had begun when the first of them ended: all, unless some waited for the place of another. */
  readonly beganTogether: number;
  readonly failures: number;
  readonly firstFailure: string | null;
}

export interface Leave {
  /** Of the requests that came after the others had left, those that were answered in time. */
  readonly answered: number;
  readonly asked: number;
}

export interface LoadResults {
  readonly saturate: Saturation;
  readonly pace: Pace;
  readonly burst: Burst;
  readonly leave: Leave;
}
