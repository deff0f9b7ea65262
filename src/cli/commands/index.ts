import type { Command } from 'commander';
import { explainCommand } from './explain.ts';
import { reportCommand } from './report.ts';
import { schemaCommand } from './schema.ts';
import { verifyCommand } from './verify.ts';

/** Every command of `tokenpool`, in the order of `--help`. */
export const COMMANDS: readonly (() => Command)[] = [
  // One a line, so that two added at once do not collide.
  schemaCommand,
  explainCommand,
  verifyCommand,
  reportCommand,
];
