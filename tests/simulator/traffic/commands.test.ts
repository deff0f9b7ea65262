/** The commands `twins` and `traffic` as a user runs them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { embeddedTracePath } from '../../../datasets/embedded/embedded-trace.ts';
import type { TrafficResult } from '../../../simulator/traffic/traffic-result.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { runHere } from '../../cli/run-here.ts';
import { runTokenpool } from '../../cli/run-tokenpool.ts';
import { runningTwins } from '../twin-server/running-twins.ts';

const BIN = fileURLToPath(new URL('../../../src/cli/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tokenpool-twins-'));
const pathOf = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command under way, and its standard output up to a text. */
async function started(args: readonly string[], until: string) {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  const whole = once(
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString())),
    'end',
  );
  while (!text.includes(until)) await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  return {
    text: () => text,
    stop: async (signal: NodeJS.Signals): Promise<number | null> => {
      const exit = once(child, 'exit');
      child.kill(signal);
      await whole;
      return ((await exit) as [number | null])[0];
    },
  };
}

const baseUrlIn = (text: string): string => /baseUrl: (\S+)/.exec(text)![1]!;

describe('twins', () => {
  it('prints a pool to paste, serves it, and goes when told to', async () => {
    const twins = await started(['twins', '--scenario', 'calm-day', '--speed', '600'], 'Ctrl-C');
    const text = twins.text();
    const pool = parse(text) as { providers: { id: string; baseUrl: string; keys: { secretEnv: string }[] }[] };
    expect(pool.providers.map(({ id }) => id)).toEqual(['aurora', 'borealis', 'cumulus', 'drift', 'local-vllm']);
    expect(text).toContain(`# export ${pool.providers[0]!.keys[0]!.secretEnv}=twin-aurora-main\n`);
    const models = await fetch(`${baseUrlIn(text)}/models`, { headers: { authorization: 'Bearer twin-aurora-main' } });
    expect(((await models.json()) as { data: unknown[] }).data).toHaveLength(2);
    expect(await twins.stop('SIGINT')).toBe(0);
    expect(twins.text()).toMatch(/# \d+\.\d minutes of the scenario, 0 requests, 0 answered in full\n$/);
    await expect(fetch(`${baseUrlIn(text)}/models`)).rejects.toThrow();
  });

  it('writes a pool whose secrets lie beside it, and replaces only its own', async () => {
    writeFileSync(pathOf('mine.yaml'), 'providers: []\n');
    const refused = await runHere('twins', '--scenario', 'calm-day', '--write-pool', pathOf('mine.yaml'));
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^tokenpool: .*mine\.yaml: exists and is not a pool of twins; name another file[^\n]*\n$/,
    );
    for (let round = 0; round < 2; round++) {
      const args = ['--scenario', 'calm-day', '--speed', '60', '--write-pool', pathOf('twins.yaml')];
      const twins = await started(['twins', ...args], 'Ctrl-C');
      expect(twins.text()).toMatch(/\n# serve it: tokenpool serve --config \S+\/twins\.yaml --speed 60\n$/);
      const pool = parse(readFileSync(pathOf('twins.yaml'), 'utf8')) as {
        providers: { keys: { secretFile: string }[] }[];
      };
      expect(readFileSync(pool.providers[0]!.keys[1]!.secretFile, 'utf8')).toBe('twin-aurora-spare\n');
      expect(await twins.stop('SIGTERM')).toBe(0);
    }
    expect(existsSync(pathOf('twins.secrets'))).toBe(true);
  });

  it('says which port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await runHere('twins', '--scenario', 'calm-day', '--port', `${port}`);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `tokenpool: twins: port ${port} of 127.0.0.1 is taken; name another one with --port, or 0 for any\n`,
    });
    await new Promise((resolve) => other.close(resolve));
  });
});

describe('traffic', () => {
  /** Where the first provider of twins in this process listens. */
  async function urlOfTwins(speed: number): Promise<string> {
    const twins = await runningTwins({ scenario: loadScenario('calm-day').scenario, speed });
    return twins.providers[0]!.baseUrl;
  }

  it('prints one JSON document, and figures for people', async () => {
    const url = await urlOfTwins(600);
    writeFileSync(pathOf('key'), 'twin-aurora-main\n');
    const args = ['traffic', embeddedTracePath(), '--url', url, '--model', 'aurora-mini-2.5'];
    const more = ['--requests', '200', '--speed', '600', '--key-file', pathOf('key')];
    const json = await runTokenpool(...args, ...more, '--json');
    expect(json).toMatchObject({ code: 0, stderr: '' });
    const result = JSON.parse(json.stdout) as TrafficResult;
    expect(result).toMatchObject({ speed: 600, due: 200, sent: 200, heldBack: 0, interrupted: false });
    expect(result.outcomes.success).toBeGreaterThan(150);
    expect(json.stdout).not.toContain('twin-aurora-main');

    writeFileSync(pathOf('keys.yaml'), 'default: twin-aurora-main\n');
    const people = await runHere(
      ...args,
      ...more,
      '--keys-file',
      pathOf('keys.yaml'),
      '--scenario',
      'calm-day',
      '--concurrency-max',
      '1',
    );
    expect(people.code).toBe(0);
    expect(people.stdout).toMatch(/^\d+ of 200 requests sent in \d+\.\d s: \d+ a second, at most 1 open at once\n/);
    expect(people.stdout).toMatch(/\nlater than due: how long after its time in the trace [^\n]*\n/);
    expect(people.stdout).toMatch(
      /HELD BACK: \d+ requests were never sent, too many were open; raise --concurrency-max\n/,
    );
  });

  it('says no when not one request was answered', async () => {
    const url = (await urlOfTwins(600)).replace(/v1$/, '');
    const args = ['traffic', embeddedTracePath(), '--url', url, '--requests', '3', '--speed', '600'];
    const { code, stdout, stderr } = await runHere(...args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/3 of 3 requests sent/);
    expect(stderr).toMatch(/^tokenpool: --url [^\n]*: none of 3 requests was answered \(mostly: 404[^\n]*\n$/);
  });

  it('prints what is known when it is interrupted', async () => {
    const url = await urlOfTwins(60);
    const before = process.env['TOKEN_POOL_KEY'];
    process.env['TOKEN_POOL_KEY'] = 'twin-aurora-main';
    onTestFinished(() => {
      if (before === undefined) delete process.env['TOKEN_POOL_KEY'];
      else process.env['TOKEN_POOL_KEY'] = before;
    });
    const child = spawn(
      process.execPath,
      [BIN, 'traffic', embeddedTracePath(), '--url', url, '--model', 'aurora-mini-2.5', '--speed', '60', '--json'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const status = async (): Promise<number> => {
      const answer = await fetch(new URL('/twins', url));
      const { providers } = (await answer.json()) as { providers: { targets: { requests: number }[] }[] };
      return providers[0]!.targets.reduce((sum, { requests }) => sum + requests, 0);
    };
    while ((await status()) < 20) await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = once(child, 'close');
    child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
    const result = JSON.parse(text) as TrafficResult;
    expect(result.interrupted).toBe(true);
    expect(result.sent).toBeGreaterThanOrEqual(20);
    expect(result.sent).toBeLessThan(6_000);
  });
});

describe('bad usage', () => {
  const url = ['--url', 'http://127.0.0.1:9/v1'];
  const trace = embeddedTracePath();

  it.each([
    [['twins'], /required option '--scenario <name>' not specified/],
    [['twins', '--scenario', 'nowhere'], /scenario "nowhere": neither a file nor a built-in scenario/],
    [['twins', '--scenario', 'calm-day', '--speed', '0'], /--speed .*It has to be above 0/],
    [
      ['twins', '--scenario', 'calm-day', '--port', '65533'],
      /--port 65533: 6 ports are needed and there are none above 65535/,
    ],
    [
      ['twins', '--scenario', 'calm-day', '--write-pool', join(folder, 'no', 'pool.yaml')],
      /the folder .* does not exist; create it first/,
    ],
    [['traffic', 'nowhere.parquet', ...url], /nowhere\.parquet: cannot open the trace: there is no such file/],
    [['traffic', trace], /required option '--url <url>' not specified/],
    [['traffic', trace, ...url], /127\.0\.0\.1:9\/v1: does not answer \(ECONNREFUSED\); is the proxy running there\?/],
    [['traffic', trace, ...url, '--speed', '-1'], /--speed .*It has to be above 0/],
    [['traffic', trace, ...url, '--concurrency-max', '0'], /--concurrency-max .*It has to be at least 1/],
    [
      ['traffic', trace, ...url, '--key-file', '/nowhere/key'],
      /\/nowhere\/key: cannot be read: there is no such file; check its path/,
    ],
    [['traffic', trace, ...url, '--scenario', 'nowhere'], /scenario "nowhere"/],
    [['traffic', '', ...url], /"": cannot open the trace: there is no such file/],
    [['traffic', trace, ...url, '--model', ' '], /--model: is empty; name a model/],
    [['traffic', trace, ...url, '--key-file', folder], /cannot be read: is a folder; name a file/],
    [['traffic', trace, ...url, '--speed', '1e-320'], /--speed .*It has to be at least 0\.001/],
    [['traffic', trace, '--url', 'ftp://127.0.0.1/v1'], /is not an http or https address/],
    [['traffic', trace, '--url', 'http://127.0.0.1:9/v1?api=1'], /--url: has a query or a fragment/],
    [['twins', '--scenario', folder], /cannot be read: is a folder; name a file/],
    [['twins', '--scenario', 'calm-day', '--speed', '1e308'], /--speed .*It has to be at most 1000000/],
    [['twins', '--scenario', 'calm-day', '--port', '-1'], /--port .*It has to be at least 0/],
    [['twins', '--scenario', 'calm-day', '--write-pool', ''], /--write-pool: has an empty name/],
    [['client-key', ''], /client-key: the name has to be 1 to 200 characters on one line/],
    [['client-key', 'two\nlines'], /client-key: the name has to be 1 to 200 characters on one line/],
    [['client-key'], /missing required argument 'name'/],
    [['schema', ''], /Allowed choices are policy, gateway, pool, scenario/],
  ])('%j gives 2 and one line', async (args, line) => {
    const { code, stderr } = await runHere(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tokenpool: [^\n]*\n$/);
    expect(stderr).toMatch(line);
  });

  it('a server that speaks no TLS under https', async () => {
    const plain = createHttpServer((_, response) => void response.end('{}'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    const { code, stderr } = await runHere('traffic', trace, '--url', `https://127.0.0.1:${port}/v1`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tokenpool: [^\n]*does not answer \(ERR_SSL\w+\); does it speak https\? try http:\/\/\n$/);
    await new Promise((resolve) => plain.close(resolve));
  });

  it('a keys file without keys', async () => {
    writeFileSync(pathOf('no-keys.yaml'), '{}\n');
    const { code, stderr } = await runHere('traffic', trace, ...url, '--keys-file', pathOf('no-keys.yaml'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/no-keys\.yaml: holds no secrets; give one for each client key[^\n]*\n$/);
  });

  it('a place for the pool that cannot be written leaves nothing behind', async () => {
    writeFileSync(pathOf('taken.secrets'), 'a file');
    const before = readdirSync(folder);
    const { code, stderr } = await runHere('twins', '--scenario', 'calm-day', '--write-pool', pathOf('taken.yaml'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tokenpool: [^\n]*taken\.secrets\/[^\n]*: its path leads through a file[^\n]*\n$/);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('a keys file that is none, without repeating it', async () => {
    writeFileSync(pathOf('bad-keys.yaml'), 'default: two words\n');
    const { code, stderr } = await runHere('traffic', trace, ...url, '--keys-file', pathOf('bad-keys.yaml'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad-keys\.yaml: default: is not a secret \(one word of plain characters\)\n$/);
    expect(stderr).not.toContain('two words');
  });

  it('helps with examples', async () => {
    for (const command of ['twins', 'traffic']) {
      const { code, stdout } = await runHere(command, '--help');
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples:\\n {2}tokenpool ${command} `));
    }
  });
});
