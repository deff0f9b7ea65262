import { fileURLToPath } from 'node:url';
import { GENERATOR_PROFILES, type GeneratorInput } from '../generator/index.ts';

/** What the embedded trace was generated with; `datasets/README.md` says how to make it again. */
export const EMBEDDED_SETTINGS: GeneratorInput = { ...GENERATOR_PROFILES.lab, requests: 6_000, hours: 1, seed: 8 };

/** Path of the small trace that comes with Token Pool: 6,000 requests over an hour, for the lab and for trying out. */
export function embeddedTracePath(): string {
  return fileURLToPath(new URL('./lab.parquet', import.meta.url));
}
