import type { Command } from 'commander';

/** Makes a command; its module is loaded by then. */
type MakeCommand = () => Command;

/**
 * Every command of `tokenpool` by its name, in the order of `--help`. Each is loaded when it is asked for: together they
 * are most of the program, and whoever runs one does not wait for the others.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  // One a line, so that two added at once do not collide.
  lab: async () => (await import('./lab.ts')).labCommand,
  import: async () => (await import('./import.ts')).importCommand,
  generate: async () => (await import('./generate.ts')).generateCommand,
  simulate: async () => (await import('./simulate.ts')).simulateCommand,
  compare: async () => (await import('./compare.ts')).compareCommand,
  calibrate: async () => (await import('./calibrate.ts')).calibrateCommand,
  estimate: async () => (await import('./estimate.ts')).estimateCommand,
  tune: async () => (await import('./tune.ts')).tuneCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  validate: async () => (await import('./validate.ts')).validateCommand,
  schema: async () => (await import('./schema.ts')).schemaCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  notebook: async () => (await import('./notebook.ts')).notebookCommand,
  report: async () => (await import('./report.ts')).reportCommand,
  serve: async () => (await import('./serve.ts')).serveCommand,
  promote: async () => (await import('./promote.ts')).promoteCommand,
  rollback: async () => (await import('./rollback.ts')).rollbackCommand,
  policies: async () => (await import('./policies.ts')).policiesCommand,
  'client-key': async () => (await import('./client-key.ts')).clientKeyCommand,
  twins: async () => (await import('./twins.ts')).twinsCommand,
  traffic: async () => (await import('./traffic.ts')).trafficCommand,
};
