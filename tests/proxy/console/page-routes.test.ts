import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bundleAssets } from '../../../src/proxy/console/bundle-assets.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { poolOf, targetOf } from '../../router/small-pool.ts';
import { startTrial, type ProxyOnTrial } from '../proxy-on-trial.ts';
import { PageClient } from './page-client.ts';

const folder = temporaryFolder();
/** A page in small. */
function sourcesIn(name: string, greeting = 'hello'): { readonly script: string; readonly style: string } {
  const at = folder(name);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'greeting.ts'), `export const greeting: string = '${greeting} </script> ü';\n`);
  writeFileSync(
    join(at, 'main.tsx'),
    "import type { Server } from 'node:http';\nimport { greeting } from './greeting.ts';\n" +
      "const unusedType: Server | null = null;\ndocument.getElementById('console')!.textContent = greeting;\n",
  );
  writeFileSync(join(at, 'console.css'), '.target {\n  color: light-dark(black, white);\n}\n');
  return { script: join(at, 'main.tsx'), style: join(at, 'console.css') };
}

let trial: ProxyOnTrial;
const start = async (sources: ReturnType<typeof sourcesIn>): Promise<PageClient> => {
  trial = await startTrial({ pool: poolOf([targetOf('aurora.main.small')]), console: { sources } });
  return new PageClient(trial.port);
};

describe('the page', () => {
  afterEach(() => trial.stop());

  it('is for everybody, and links its assets by the hash of what is in them', async () => {
    const page = await start(sourcesIn('page'));
    const answers = [await page.get('/console'), await page.get('/console/')];
    for (const { status, headers, text } of answers) {
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect([headers['cache-control'], headers['set-cookie']]).toEqual(['no-store', undefined]);
      expect(text).toContain('<div id="console"></div>');
      // The policy of the page allows no script and no style in it, and nothing from elsewhere.
      expect(text).not.toMatch(/<script(?![^>]* src="\/console\/assets\/)|<style|style=|\son\w+=|https?:/);
    }
    const links = [...answers[0]!.text.matchAll(/"(\/console\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(links).toEqual([
      expect.stringMatching(/^\/console\/assets\/console-[0-9a-f]{16}\.css$/),
      expect.stringMatching(/^\/console\/assets\/console-[0-9a-f]{16}\.js$/),
    ]);
    const [style, script] = [await page.get(links[0]!), await page.get(links[1]!)];
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    expect(style.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(script.text).toContain('hello');
    for (const [encodings, isPacked] of [
      ['gzip, deflate, br', true],
      ['br,GZIP', true],
      ['br', false],
      ['gzip;q=0', false],
      ['identity', false],
    ] as const) {
      const response = await fetch(`http://127.0.0.1:${trial.port}${links[1]!}`, {
        headers: { 'accept-encoding': encodings },
      });
      const encoding = response.headers.get('content-encoding');
      expect([encodings, encoding]).toEqual([encodings, isPacked ? 'gzip' : null]);
      expect(response.headers.get('vary')).toBe('accept-encoding');
      // Unpacked by fetch, as a browser does.
      expect(await response.text()).toBe(script.text);
    }
    expect(script.text).not.toContain('node:http');
    expect(style.text).toContain('light-dark(');
  });

  it('has no other assets', async () => {
    const page = await start(sourcesIn('page'));
    const names = ['console.js', 'console-0000000000000000.js', '..%2f..%2fpackage.json', 'main.tsx', '%2e%2e', ''];
    for (const name of names) {
      const answer = await page.get(`/console/assets/${name}`);
      expect([name, answer.status, answer.code]).toEqual([name, 404, 'not_found']);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it('that cannot be built says so without a word of the files, and is tried once', async () => {
    const broken = sourcesIn('broken');
    writeFileSync(broken.script, 'const = ;\n');
    const page = await start(broken);
    for (let visit = 0; visit < 3; visit++) {
      const { status, text } = await page.get('/console');
      expect([status, text]).toEqual([500, expect.stringContaining('the log of the proxy says why')]);
      expect(text).not.toContain('broken');
    }
    const said = trial.lines.filter((line) => line.includes('the page of the console could not be built'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('main.tsx');
  });
});

describe('the bundle', () => {
  it('has names that follow from what is in it alone', async () => {
    const names = async (sources: ReturnType<typeof sourcesIn>): Promise<string[]> =>
      Object.values(await bundleAssets(sources)).map(({ name }) => name as string);
    const one = await names(sourcesIn('one'));
    expect(await names(sourcesIn('two'))).toEqual(one);
    const other = await names(sourcesIn('three', 'good day'));
    expect(other[0]).not.toBe(one[0]);
    expect(other[1]).toBe(one[1]);
  });

  it('leaves no process behind', async () => {
    const processes = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'ProcessWrap' || kind === 'PipeWrap').length;
    const before = processes();
    await bundleAssets(sourcesIn('one'));
    await expect.poll(processes).toBe(before);
  });
});
