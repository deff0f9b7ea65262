import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOutputPath, writeWhole } from '../../datasets/partial-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenpool-partial-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('an output path', () => {
  it.each([
    ['a CSV', 'id,tokens\n1,2\n', 'trace'],
    ['a policy', 'mode: ranked\n', 'result'],
    ['a trace', 'PAR1....PAR1', 'result'],
    ['a result', '{"kind":"comparison"}', 'trace'],
    ['JSON of somebody else', '{"name":"my-app","version":"1.0.0"}', 'result'],
    ['JSON of a like form', '{"kind":"Deployment","apiVersion":"v1"}', 'result'],
  ] as const)('that is %s is not replaced by another kind', async (_name, content, kind) => {
    const path = join(folder, 'precious');
    writeFileSync(path, content);
    expect(() => checkOutputPath(path, kind)).toThrow(/exists and is not a/);
    await expect(writeWhole(path, kind, (partial) => writeFile(partial, 'new'))).rejects.toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it.each([
    ['PAR1old', 'trace'],
    ['{"kind":"calibration","old":1}', 'result'],
    ['{\n  "kind": "estimate",\n  "old": 1\n}', 'result'],
    ['', 'trace'],
  ] as const)('that holds %j is replaced by a %s', async (content, kind) => {
    const path = join(folder, 'mine');
    writeFileSync(path, content);
    await writeWhole(path, kind, (partial) => writeFile(partial, 'new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('must have a name and a folder, and be no folder', () => {
    expect(() => checkOutputPath('', 'trace')).toThrow(/empty name/);
    expect(() => checkOutputPath(folder, 'trace')).toThrow(/is a folder/);
    expect(() => checkOutputPath(join(folder, 'missing', 'x'), 'trace')).toThrow(/does not exist/);
  });
});
