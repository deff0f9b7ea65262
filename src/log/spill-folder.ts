/** Where databases put what does not fit into their memory; gone when the process ends, however it is told to. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | null = null;

/** Of this process. DuckDB creates it when it is needed, and removes it when the database is closed. */
export function spillFolder(): string {
  if (folder !== null) return folder;
  const path = join(tmpdir(), `tokenpool-spill-${randomBytes(6).toString('hex')}`);
  // A process that is told to stop may not come to close its databases.
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return (folder = path);
}
