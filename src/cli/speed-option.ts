import type { Option } from 'commander';
import { numberOption } from './number-option.ts';

/** Beyond these, times on the wall would be shorter or longer than a timer can be. */
const SPEED_LIMITS = { above: 0, min: 0.001, max: 1_000_000 } as const;

/** `--speed FACTOR`: how much faster than life something runs. */
export function speedOption(description: string, speed: number): Option {
  return numberOption('--speed <factor>', description, SPEED_LIMITS).default(speed);
}
