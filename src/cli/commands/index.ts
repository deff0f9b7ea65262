import type { Command } from 'commander';
import { schemaCommand } from './schema.ts';

/** Every command of `tokenpool`, in the order of `--help`. */
export const COMMANDS: readonly (() => Command)[] = [
  // One a line, so that two added at once do not collide.
  schemaCommand,
];
