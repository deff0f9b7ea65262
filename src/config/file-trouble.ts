import { readFileSync } from 'node:fs';
import { BadInput } from './bad-input.ts';

/** What the operating system's codes mean for whoever named the file, and what he can do. */
const TROUBLES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check its path',
  EISDIR: 'is a folder; name a file',
  ENOTDIR: 'its path leads through a file that is no folder; check its path',
  EACCES: 'access to it is denied; check its permissions, and those of its folder',
  EPERM: 'access to it is denied; check its permissions, and those of its folder',
  ELOOP: 'its links lead in a circle; name the file itself',
  ENAMETOOLONG: 'its name is too long; name another one',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENOSPC: 'the disk is full; make room',
  EROFS: 'its file system is read-only; name another place',
};

/** The reason why a file could not be opened, read or written, in plain words with an advice. */
export function fileTrouble(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : TROUBLES[code]) ?? `cannot be used (${code ?? message})`;
}

/** The text of a file that a person named. @throws BadInput in one line: the file, what is wrong with it, what to do */
export function readNamedFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BadInput(`${path === '' ? '""' : path}: cannot be read: ${fileTrouble(error)}`);
  }
}
