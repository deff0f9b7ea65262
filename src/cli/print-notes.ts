/** Says on standard error what a person should know of the log that was read, one line each. */
export function printNotes(notes: readonly string[]): void {
  for (const note of notes) process.stderr.write(`tokenpool: ${note}\n`);
}
