import { bareCode } from './source-text.ts';
import type { SourceFile } from './source-files.ts';

/** Time, luck and the world: what must come in as an argument in pure code. */
const AMBIENT: Readonly<Record<string, RegExp>> = {
  'Date.now': /\bDate\s*\.\s*now\b/,
  'new Date() without a time': /\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())/,
  'Date() as a function': /(?<!new\s+)(?<![.\w])Date\s*\(/,
  performance: /(?<![.\w])performance\s*[.[]/,
  'Math.random': /\bMath\s*\.\s*random\b/,
  process: /(?<![.\w])process\s*[.[]/,
  globalThis: /(?<![.\w])globalThis\b/,
  'import.meta': /\bimport\s*\.\s*meta\b/,
  console: /(?<![.\w])console\s*[.[]/,
  fetch: /(?<![.\w])fetch\s*\(/,
  crypto: /(?<![.\w])crypto\s*[.[]/,
  timers: /(?<![.\w])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
  require: /(?<![.\w])require\s*\(/,
};

const PURE_FOLDERS = ['src/router/', 'simulator/'];
/** Drivers below them that live in real time. */
const DRIVER_FOLDERS = ['simulator/twin-server/', 'simulator/traffic/'];

/** The ambient things that a file of a pure folder reaches for, by name. */
export function ambientCalls({ path, text }: SourceFile): string[] {
  if (!PURE_FOLDERS.some((folder) => path.startsWith(folder))) return [];
  if (DRIVER_FOLDERS.some((folder) => path.startsWith(folder))) return [];
  const code = bareCode(text);
  return Object.keys(AMBIENT).filter((name) => AMBIENT[name]?.test(code));
}
