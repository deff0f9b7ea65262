import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real command from a folder that is not the project's. */
async function tokenpool(...args: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [BIN, ...args], { cwd: tmpdir() });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ended;
  }
}

describe('the command tokenpool', () => {
  it('prints one JSON document and nothing else', async () => {
    const { code, stdout, stderr } = await tokenpool('schema', 'policy');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ title: 'Token Pool policy (policy.yaml)', type: 'object' });
  });

  it('says in the help of import that folders of live logs are taken', async () => {
    const { code, stdout } = await tokenpool('import', 'tokenpool', '--help');
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toContain('the file of a run (DuckDB) or the folder of a live log');
  });

  it('gives 2, one line and no output for bad usage', async () => {
    const { code, stdout, stderr } = await tokenpool('schema', 'poem');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^tokenpool: [^\n]*Allowed choices are policy, gateway, pool, scenario[^\n]*\n$/);
  });

  it('bears it when its reader leaves early', async () => {
    const child = spawn(process.execPath, [BIN, 'schema', 'scenario'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
