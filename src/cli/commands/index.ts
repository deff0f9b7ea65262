import type { Command } from 'commander';

/** Every command of `tokenpool`, in the order of `--help`. */
export const COMMANDS: readonly (() => Command)[] = [];
