/** The page's script and style as browsers take them, made from the sources when the first page is asked for. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Files that everything else is imported by. */
export interface AssetSources {
  readonly script: string;
  readonly style: string;
}

export interface Asset {
  /** With a part of the content's hash, so that a name never means anything else. */
  readonly name: string;
  readonly contentType: string;
  readonly body: Buffer;
  /** The same, compressed. */
  readonly gzipped: Buffer;
}

export interface ConsoleAssets {
  readonly script: Asset;
  readonly style: Asset;
}

const HASH_DIGITS = 16;
export const CONSOLE_SOURCES: AssetSources = {
  script: fileURLToPath(new URL('../../console/main.tsx', import.meta.url)),
  style: fileURLToPath(new URL('../../console/console.css', import.meta.url)),
};

/**
 * Bundles in memory, and ends the bundler's process.
 *
 * @throws Error when the sources cannot be bundled
 */
export async function bundleAssets({ script, style }: AssetSources): Promise<ConsoleAssets> {
  // Loaded by whoever shows the page, not by every proxy.
  const { build, stop } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      entryPoints: { script, style },
      bundle: true,
      write: false,
      outdir: 'console',
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      minify: true,
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
    });
    const textOf = (end: string): string =>
      outputFiles.flatMap(({ path, text }) => (path.endsWith(end) ? [text] : [])).join('\n');
    return {
      script: await assetOf('js', 'text/javascript; charset=utf-8', textOf('.js')),
      style: await assetOf('css', 'text/css; charset=utf-8', textOf('.css')),
    };
  } finally {
    await stop();
  }
}

async function assetOf(ending: string, contentType: string, text: string): Promise<Asset> {
  const body = Buffer.from(text);
  const hash = createHash('sha256').update(body).digest('hex').slice(0, HASH_DIGITS);
  return { name: `console-${hash}.${ending}`, contentType, body, gzipped: await promisify(gzip)(body) };
}
