import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeReport } from '../../reports/write-report.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runProgram } from '../../src/cli/run-program.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import { fixtureComparison, LOWEST_COST, RANKED, WEIGHTED } from './fixture-comparison.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenpool-report-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Every file below a folder with its bytes. */
async function contents(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [file.slice(path.length + 1), await readFile(file, 'base64')] as const),
    ),
  );
}

describe('writing a report', () => {
  it('makes a folder with page, Markdown, JSON and charts, and leaves nothing else behind', async () => {
    const written = await writeReport(fixtureComparison(), join(folder, 'deep', 'first'));
    expect((await readdir(join(folder, 'deep', 'first'))).sort()).toEqual([
      'charts',
      'report.html',
      'report.json',
      'report.md',
    ]);
    expect(await readdir(join(folder, 'deep'))).toEqual(['first']);
    expect(written.charts).toHaveLength(12);
    for (const path of [written.html, written.json, written.markdown, ...written.charts])
      expect((await stat(path)).size).toBeGreaterThan(1_000);
    const linked = [...(await readFile(written.markdown, 'utf8')).matchAll(/\((charts\/[a-z-]+\.png)\)/g)].map(
      (match) => join(written.directory, match[1] ?? ''),
    );
    expect(linked.sort()).toEqual([...written.charts].sort());
  });

  it('writes the same bytes for the same comparison', async () => {
    await writeReport(fixtureComparison([RANKED, LOWEST_COST]), join(folder, 'one'));
    await writeReport(fixtureComparison([RANKED, LOWEST_COST]), join(folder, 'two'));
    expect(await contents(join(folder, 'one'))).toEqual(await contents(join(folder, 'two')));
  });

  it('replaces an earlier report whole', async () => {
    const place = join(folder, 'again');
    await writeReport(fixtureComparison([RANKED, WEIGHTED]), place);
    await writeReport(fixtureComparison([RANKED]), place);
    expect(await readFile(join(place, 'report.html'), 'utf8')).not.toContain('weighted');
    expect(await readdir(join(place, 'charts'))).not.toContain('paired-differences.png');
  });

  it('puts the comparison and the words into the JSON', async () => {
    const { json } = await writeReport(fixtureComparison(), join(folder, 'json'));
    const document: unknown = JSON.parse(await readFile(json, 'utf8'));
    expect(document).toMatchObject({
      kind: 'report',
      formatVersion: 1,
      summary: { answers: [{ answer: 'weighted' }, { answer: 'ranked' }, {}] },
    });
    expect(document).toHaveProperty('comparison', fixtureComparison());
  });

  it('never replaces a folder that holds anything else', async () => {
    const place = join(folder, 'mine');
    await mkdir(place);
    await writeFile(join(place, 'thesis.txt'), 'years of work');
    await expect(writeReport(fixtureComparison([RANKED]), place)).rejects.toThrow(BadInput);
    await expect(writeReport(fixtureComparison([RANKED]), join(place, 'thesis.txt'))).rejects.toThrow(/is a file/);
    expect(await readdir(place)).toEqual(['thesis.txt']);
  });
});

describe('the command', () => {
  it('reads a result and writes its report', async () => {
    const result = join(folder, 'result.json');
    await writeFile(result, JSON.stringify(fixtureComparison([RANKED])));
    const complaints: string[] = [];
    const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const code = await runProgram(
      await buildProgram(['report']),
      ['node', 'tokenpool', 'report', result, '--out', join(folder, 'by-command')],
      (text) => complaints.push(text),
    );
    const printed = output.mock.calls.map(([text]) => String(text)).join('');
    output.mockRestore();
    expect(complaints).toEqual([]);
    expect(code).toBe(0);
    expect(printed.trimEnd().split('\n').at(-1)).toBe(join(folder, 'by-command', 'report.html'));
    expect(await readdir(join(folder, 'by-command'))).toContain('report.html');
  });

  it('leaves with 2 and one line when the result cannot be read', async () => {
    const complaints: string[] = [];
    const code = await runProgram(
      await buildProgram(['report']),
      ['node', 'tokenpool', 'report', join(folder, 'none.json')],
      (text) => complaints.push(text),
    );
    expect(code).toBe(2);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(/^tokenpool: .*none\.json: there is no such file; .*\n$/);
  });
});
