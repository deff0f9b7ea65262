/** The Chromium that is installed on the machine, for tests that look at a page as people do. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** A busy machine takes its time. */
const LAUNCH_MS = 25_000;

/**
 * Starts it without a window; to be closed by the test file. `CHROMIUM_PATH` names another one than that on `PATH`.
 *
 * @throws Error saying how to get one when there is none: a test that needs a browser fails without it
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    timeout: LAUNCH_MS,
    // Test machines run as root, where its sandbox cannot be had, and give little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--force-color-profile=srgb'],
  });
}

function findChromium(): string {
  const named = process.env['CHROMIUM_PATH'] ?? '';
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = named === '' ? NAMES.flatMap((name) => folders.map((folder) => join(folder, name))) : [named];
  const found = places.find(isExecutable);
  if (found !== undefined) return found;
  const where = named === '' ? `none of ${NAMES.join(', ')} is on PATH` : `CHROMIUM_PATH names ${named}`;
  throw new Error(
    `no Chromium to test pages with: ${where}; install it (Debian: apt-get install chromium) or set CHROMIUM_PATH`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
