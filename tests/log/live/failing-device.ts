/** A disk that does what a test tells it to. */
import { DISK, type SpoolDevice } from '../../../src/log/live/spool-device.ts';

export interface FailingDevice extends SpoolDevice {
  /** The code that every write ends with; null when writing works. */
  fault: string | null;
  /** Bytes that a write takes before it fails, or at all when there is no fault. */
  bytesTaken: number;
  /** While true, writes end only when it is false again. */
  isHanging: boolean;
}

/** Writes to the real disk unless told otherwise. */
export function failingDevice(): FailingDevice {
  const held: (() => void)[] = [];
  let isHanging = false;
  const device: FailingDevice = {
    ...DISK,
    fault: null,
    bytesTaken: Infinity,
    get isHanging() {
      return isHanging;
    },
    set isHanging(value) {
      isHanging = value;
      if (!value) for (const go of held.splice(0)) go();
    },
    write(descriptor, bytes, from, length, position, done) {
      const go = (): void => {
        const { fault, bytesTaken } = device;
        const taken = Math.min(length, bytesTaken);
        DISK.write(descriptor, bytes, from, taken, position, (error, written) => {
          if (fault === null) done(error, written);
          else done(Object.assign(new Error(`${fault}: told to fail, write`), { code: fault }), 0);
        });
      };
      if (isHanging) held.push(go);
      else go();
    },
  };
  return device;
}
