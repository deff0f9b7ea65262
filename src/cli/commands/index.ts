import type { Command } from 'commander';
import { calibrateCommand } from './calibrate.ts';
import { checkCommand } from './check.ts';
import { clientKeyCommand } from './client-key.ts';
import { compareCommand } from './compare.ts';
import { estimateCommand } from './estimate.ts';
import { explainCommand } from './explain.ts';
import { exportCommand } from './export.ts';
import { generateCommand } from './generate.ts';
import { importCommand } from './import.ts';
import { labCommand } from './lab.ts';
import { policiesCommand } from './policies.ts';
import { promoteCommand } from './promote.ts';
import { reportCommand } from './report.ts';
import { rollbackCommand } from './rollback.ts';
import { schemaCommand } from './schema.ts';
import { serveCommand } from './serve.ts';
import { simulateCommand } from './simulate.ts';
import { trafficCommand } from './traffic.ts';
import { tuneCommand } from './tune.ts';
import { twinsCommand } from './twins.ts';
import { validateCommand } from './validate.ts';
import { verifyCommand } from './verify.ts';

/** Every command of `tokenpool`, in the order of `--help`. */
export const COMMANDS: readonly (() => Command)[] = [
  // One a line, so that two added at once do not collide.
  labCommand,
  importCommand,
  generateCommand,
  simulateCommand,
  compareCommand,
  calibrateCommand,
  estimateCommand,
  tuneCommand,
  checkCommand,
  validateCommand,
  schemaCommand,
  explainCommand,
  verifyCommand,
  exportCommand,
  reportCommand,
  serveCommand,
  promoteCommand,
  rollbackCommand,
  policiesCommand,
  clientKeyCommand,
  twinsCommand,
  trafficCommand,
];
