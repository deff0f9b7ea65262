import { close, fdatasync, ftruncate, open, write } from 'node:fs';

type Done = (error: NodeJS.ErrnoException | null) => void;

/** The few calls with which the spool is written; tests put a device in their place that fails when told to. */
export interface SpoolDevice {
  open(path: string, done: (error: NodeJS.ErrnoException | null, descriptor: number) => void): void;
  write(
    descriptor: number,
    bytes: Uint8Array,
    from: number,
    length: number,
    position: number,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void;
  truncate(descriptor: number, length: number, done: Done): void;
  sync(descriptor: number, done: Done): void;
  close(descriptor: number, done: Done): void;
}

/** The disk. */
export const DISK: SpoolDevice = {
  open: (path, done) => open(path, 'w', done),
  write: (descriptor, bytes, from, length, position, done) => write(descriptor, bytes, from, length, position, done),
  truncate: (descriptor, length, done) => ftruncate(descriptor, length, done),
  sync: (descriptor, done) => fdatasync(descriptor, done),
  close: (descriptor, done) => close(descriptor, done),
};
