import { buildProgram } from './program.ts';
import { removeUnfinished } from '../config/unfinished-files.ts';
import { settleEngine } from './engine-settings.ts';
import { runProgram } from './run-program.ts';

settleEngine();

// `tokenpool ... | head` closes our output early; that is the reader's right and no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    removeUnfinished();
    process.exit(exitCode);
  });
}

process.exitCode = await runProgram(await buildProgram(process.argv.slice(2)), process.argv);
