import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readClientSecrets, readSecret } from '../../src/cli/client-secrets.ts';
import { fileTrouble } from '../../src/config/file-trouble.ts';
import { loadGateway } from '../../src/config/load-gateway.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { readYamlFile } from '../../src/config/yaml-file.ts';
import { messageOf, temporaryFile } from './temporary-file.ts';

const READERS: readonly (readonly [string, (path: string) => unknown])[] = [
  ['YAML', readYamlFile],
  ['a gateway', (path) => loadGateway(path, {})],
  ['a policy', loadPolicy],
  ['a scenario', loadScenario],
  ['a secret', readSecret],
  ['secrets of clients', readClientSecrets],
];

describe('a file that cannot be read', () => {
  it.each(READERS)('%s: a folder is told in plain words, without what the system calls it', (_, read) => {
    const folder = join(dirname(temporaryFile('x', '')), 'folder');
    mkdirSync(folder);
    expect(messageOf(() => read(folder))).toBe(`${folder}: cannot be read: is a folder; name a file`);
  });

  it.each([
    ['that is not there', (path: string) => `${path}.gone`, 'there is no such file; check its path'],
    [
      'below another file',
      (path: string) => join(path, 'below'),
      'its path leads through a file that is no folder; check its path',
    ],
  ])('one %s', (_, named, trouble) => {
    const path = named(temporaryFile('x', ''));
    expect(messageOf(() => readYamlFile(path))).toBe(`${path}: cannot be read: ${trouble}`);
  });

  it.each([
    ['binary', Buffer.from('PAR1\u0000\u0001pool: {}')],
    ['in another encoding', Buffer.from('name: caf\u00e9 sk-secret\n', 'latin1')],
  ])('one that is %s is no YAML, and nothing of it is repeated', (_, bytes) => {
    const path = temporaryFile('x', '');
    writeFileSync(path, bytes);
    for (const read of [readYamlFile, loadScenario, readClientSecrets]) {
      expect(messageOf(() => read(path))).toBe(
        `${path}: is not a text file (UTF-8); name one that was written by hand or by a text editor`,
      );
    }
  });

  it.each(['sk-secret-of-a-client', '- sk-secret-of-a-client', '17'])(
    'one without fields is not quoted: %s',
    (text) => {
      const path = temporaryFile('x', text);
      for (const read of [readYamlFile, loadPolicy, readClientSecrets]) {
        expect(messageOf(() => read(path))).toBe(
          `${path}: holds no fields; it must be a YAML mapping, a "name: value" on each line`,
        );
      }
    },
  );

  it('a link to itself', () => {
    const path = join(dirname(temporaryFile('x', '')), 'link');
    symlinkSync(path, path);
    expect(messageOf(() => readSecret(path))).toMatch(/links lead in a circle/);
  });

  it('what has no words of ours keeps its code', () => {
    expect(fileTrouble(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))).toBe('cannot be used (EIO)');
    // A test may run as root, for whom no access is ever denied.
    expect(fileTrouble(Object.assign(new Error(''), { code: 'EACCES' }))).toMatch(/^access to it is denied/);
  });
});
