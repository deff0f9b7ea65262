import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeOutputFolder, removeEmptyFolders } from '../../src/config/output-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenpool-output-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a folder for output', () => {
  it('is made with those above it, and taken back as far as it is empty', async () => {
    const made = await makeOutputFolder(join(folder, 'a', 'b', 'c'));
    expect(made).toEqual([join(folder, 'a'), join(folder, 'a', 'b'), join(folder, 'a', 'b', 'c')]);
    writeFileSync(join(folder, 'a', 'kept'), '');
    await removeEmptyFolders(made);
    expect([existsSync(join(folder, 'a', 'kept')), existsSync(join(folder, 'a', 'b'))]).toEqual([true, false]);
  });

  it('is named as the user named it when it cannot be made', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const making = makeOutputFolder(join(file, 'pages.123.tmp'), 'file/pages');
    await expect(making).rejects.toThrow('file/pages: cannot make this folder (ENOTDIR); name another one');
  });
});
