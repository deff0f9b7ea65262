import { buildProgram } from './program.ts';
import { runProgram } from './run-program.ts';

// `tokenpool ... | head` closes our output early; that is the reader's right and no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runProgram(buildProgram(), process.argv);
