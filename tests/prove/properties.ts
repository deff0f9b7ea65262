/** The property tests with inputs that nobody has seen: ten rounds of them, each with a seed of its own. */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { holds, type Proof } from './proof.ts';

const ROUNDS = 10;

export const properties: Proof = {
  name: 'properties',
  about: `the property tests, ${ROUNDS} rounds with seeds never used before`,
  async run(report) {
    const files = filesWithProperties('tests');
    for (let round = 1; round <= ROUNDS; round++) {
      const seed = randomInt(2 ** 31);
      const { status, stdout } = spawnSync('npx', ['vitest', 'run', ...files], {
        env: { ...process.env, PROPERTY_SEED: String(seed) },
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      });
      if (status !== 0) process.stdout.write(stdout);
      report(holds(`round ${round}`, `${files.length} files, PROPERTY_SEED=${seed}`, 'all pass', status === 0));
    }
  },
};

function filesWithProperties(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .filter((path) => path.includes('properties') || readFileSync(path, 'utf8').includes("from 'fast-check'"));
}
