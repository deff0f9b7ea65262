/**
 * The long proofs behind `npm run prove`: what the short tests show in seconds, at the size that is claimed.
 *
 *     npm run prove                      all of them
 *     npm run prove -- --only queues     one, or several separated by commas
 *
 * One line a check: pass or FAIL, its name, the figure, the limit. Ends with 1 when one fails, with 2 for a name that is
 * no proof.
 */
import { canary } from './canary.ts';
import { fit } from './fit.ts';
import { kill } from './kill.ts';
import { limits } from './limits.ts';
import { liveLog } from './live-log.ts';
import { liveParity } from './live-parity.ts';
import { liveSoak } from './live-soak.ts';
import { loops } from './loops.ts';
import { memory } from './memory.ts';
import { parity } from './parity.ts';
import type { Check, Proof } from './proof.ts';
import { predictions, signs } from './predictions.ts';
import { properties } from './properties.ts';
import { queues } from './queues.ts';
import { recovery } from './recovery.ts';
import { traces } from './traces.ts';
import { trap } from './tune-trap.ts';
import { tune } from './tune.ts';

const PROOFS: readonly Proof[] = [
  queues,
  limits,
  recovery,
  fit,
  predictions,
  signs,
  properties,
  traces,
  parity,
  liveLog,
  kill,
  liveParity,
  canary,
  loops,
  liveSoak,
  memory,
  tune,
  trap,
];

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const chosen = choose(args);
  if (chosen === null) {
    const known = PROOFS.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n');
    process.stderr.write(`usage: npm run prove -- [--only NAME,...]\n${known}\n`);
    return 2;
  }
  let checks = 0;
  let failed = 0;
  for (const proof of chosen) {
    process.stdout.write(`${proof.name}: ${proof.about}\n`);
    const startMs = performance.now();
    await proof.run((check) => {
      checks++;
      if (!check.passed) failed++;
      process.stdout.write(line(check));
    });
    process.stdout.write(`${proof.name}: took ${((performance.now() - startMs) / 1_000).toFixed(1)} s\n`);
  }
  process.stdout.write(`${checks - failed} of ${checks} checks passed\n`);
  return failed === 0 ? 0 : 1;
}

/** The proofs that the arguments ask for; null when they make no sense. */
function choose(args: readonly string[]): readonly Proof[] | null {
  if (args.length === 0) return PROOFS;
  if (args.length !== 2 || args[0] !== '--only') return null;
  const names = args[1]!.split(',');
  const chosen = names.map((name) => PROOFS.find((proof) => proof.name === name));
  return chosen.every((proof) => proof !== undefined) ? chosen : null;
}

function line({ name, figure, limit, passed }: Check): string {
  return `  ${passed ? 'pass' : 'FAIL'}  ${name.padEnd(52)} ${figure.padEnd(44)} ${limit}\n`;
}
