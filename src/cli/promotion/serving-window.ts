/** Since when, and until when, a promoted policy decided for clients. */
import type { PromotionRecord } from '../../policies/measured-promotion.ts';
import type { Stage } from '../../policies/promotion.ts';
import { BadInput } from '../../config/bad-input.ts';

const SERVING: readonly Stage[] = ['canary', 'active'];

export interface ServingWindow {
  readonly fromMs: number;
  /** Infinity while it serves. */
  readonly toMs: number;
  readonly stages: readonly Stage[];
}

/**
 * Its last time in service without a break: a policy that was retired and came back is judged by its return.
 *
 * @param path what the promotion was read from, for messages
 * @throws BadInput when it never served
 */
export function servingWindow({ id, stage, transitions }: PromotionRecord, path: string): ServingWindow {
  const steps = transitions.filter(({ promotionId }) => promotionId === id).toSorted((a, b) => a.atMs - b.atMs);
  const windows: ServingWindow[] = [];
  for (const { atMs, to } of steps) {
    const last = windows.at(-1);
    const isServing = last !== undefined && last.toMs === Infinity;
    if (!SERVING.includes(to)) {
      if (isServing) windows[windows.length - 1] = { ...last, toMs: atMs };
    } else if (isServing) windows[windows.length - 1] = { ...last, stages: [...last.stages, to] };
    else windows.push({ fromMs: atMs, toMs: Infinity, stages: [to] });
  }
  const window = windows.at(-1);
  if (window === undefined) {
    throw new BadInput(
      `${path}: promotion ${id} is ${stage} and never served a client, so there is nothing to hold its promise against; wait for its canary`,
    );
  }
  return window;
}
