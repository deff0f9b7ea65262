/**
 * The part of a provider's load that nobody outside sees: a factor exp(x) on the first token, the same for all who ask
 * within a minute. x is a stationary Gaussian AR(1) over minutes, x[k] = r x[k-1] + sqrt(1 - r^2) s e[k], where s is
 * `sigma`, r = 2^(-1 minute / half-life) and e are independent standard normals. Draws are keyed by (seed, twin, k), so
 * the swings are the same whatever a policy does.
 */
import { drawUniform } from '../../src/router/keyed-draw.ts';
import type { TwinDefinition } from '../scenario.ts';
import { normalFromUniform } from '../statistics/normal-quantile.ts';
import { TWIN_DRAW } from './twin-draw.ts';

const MINUTE_MS = 60_000;

/** The factor at a time >= 0; times must not go back. */
export type Drift = (nowMs: number) => number;

/** @param key unsigned 32-bit, of the twin */
export function createDrift(definition: TwinDefinition['firstToken']['drift'], seed: number, key: number): Drift {
  if (definition === null || definition.sigma === 0) return STEADY;
  const { sigma, halfLifeMs } = definition;
  const kept = 0.5 ** (MINUTE_MS / halfLifeMs);
  const fresh = Math.sqrt(1 - kept * kept) * sigma;
  const normal = (minute: number): number => normalFromUniform(drawUniform(seed, key, minute, TWIN_DRAW.drift));
  let minute = 0;
  let level = sigma * normal(0);
  let factor = Math.exp(level);
  return (nowMs) => {
    const wanted = Math.floor(nowMs / MINUTE_MS);
    if (wanted === minute) return factor;
    for (; minute < wanted; minute++) level = kept * level + fresh * normal(minute + 1);
    factor = Math.exp(level);
    return factor;
  };
}

const STEADY: Drift = () => 1;
