import { setFlagsFromString } from 'node:v8';

/**
 * Tells V8 not to make objects old from the start. It does so for places in the code whose objects once outlived a few small
 * collections, as those of a gateway do while its providers are slow; from then on every request fills the old generation,
 * which takes full collections to clean, and the process serves a half to a third of what it could, until it ends. A choice
 * among two ways to allocate, so unlike other settings it can be made while the process runs; the earlier the better.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
