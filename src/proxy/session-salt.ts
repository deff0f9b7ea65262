import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'session-salt';
const SALT = /^[0-9a-f]{32}$/;

/**
 * The salt with which a log's session ids are hashed. It stays in the log's folder, so that a session is known again
 * after a restart; whoever exports rows leaves it behind.
 */
export async function loadSessionSalt(logFolder: string): Promise<string> {
  const path = join(logFolder, FILE);
  const known = await readFile(path, 'utf8').catch(() => '');
  if (SALT.test(known.trim())) return known.trim();
  const salt = randomBytes(16).toString('hex');
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, `${salt}\n`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return salt;
}
