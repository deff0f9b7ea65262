/**
 * Writes one JSON document and a line end to standard output: all that a command prints there under `--json`.
 * Numbers that JSON does not know (NaN, Infinity) become `null`, as JSON.stringify has it.
 */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
