import { isUtf8 } from 'node:buffer';
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
  return readNamedBytes(path).toString('utf8');
}

/** The same for a file that must be text. @throws BadInput also when it is none; nothing of it is repeated */
export function readNamedText(path: string): string {
  const bytes = readNamedBytes(path);
  if (bytes.includes(0) || !isUtf8(bytes)) {
    throw new BadInput(`${path}: is not a text file (UTF-8); name one that was written by hand or by a text editor`);
  }
  return bytes.toString('utf8');
}

function readNamedBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new BadInput(`${path === '' ? '""' : path}: cannot be read: ${fileTrouble(error)}`);
  }
}
