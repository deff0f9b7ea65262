import type { Option } from 'commander';
import { numberOption } from './number-option.ts';

/** `--seed N`: the base of all draws of a run, a safe integer; 1 when left out. */
export function seedOption(): Option {
  return numberOption('--seed <n>', 'base of all draws', { integer: true }).default(1);
}
