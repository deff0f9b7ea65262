/** The embedded hour of traffic, generated anew. */
import { embeddedTracePath, EMBEDDED_SETTINGS } from '../../../datasets/embedded/embedded-trace.ts';
import { generateTrace } from '../../../datasets/generator/index.ts';
import { writeTrace, type TraceSource } from '../../../datasets/index.ts';
import { CheckFailed } from '../check-failed.ts';
import { readTrace } from '../read-inputs.ts';

/**
 * Makes the embedded trace anew, and makes sure that this machine generates what was committed, row for row.
 *
 * @throws CheckFailed when it does not
 */
export async function generateEmbedded(path: string): Promise<string> {
  await writeTrace(path, generateTrace(EMBEDDED_SETTINGS).batches());
  const [made, embedded] = await Promise.all([readTrace(path), readTrace(embeddedTracePath())]);
  if (!(await haveSameRows(made, embedded))) {
    throw new CheckFailed(
      `${path}: the generator does not repeat the embedded trace on this machine; please report it`,
    );
  }
  return path;
}

async function haveSameRows(a: TraceSource, b: TraceSource): Promise<boolean> {
  const texts = await Promise.all(
    [a, b].map(async (trace) => {
      const rows: string[] = [];
      for await (const batch of trace.batches()) for (const row of batch) rows.push(JSON.stringify(row));
      return rows.join('\n');
    }),
  );
  return texts[0] === texts[1];
}
