import { writeFile } from 'node:fs/promises';
import { writeWhole } from '../../datasets/partial-file.ts';

/** Writes one JSON document; the file appears whole or not at all. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  await writeWhole(path, 'result', (partialPath) => writeFile(partialPath, `${JSON.stringify(value, null, 2)}\n`));
}
