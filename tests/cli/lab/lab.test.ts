/** The whole loop in small: real proxy, real providers over HTTP, real log. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runTokenpool } from '../run-tokenpool.ts';

interface Printed {
  readonly kind: string;
  readonly parity: { readonly decisions: number; readonly identical: number; readonly firstDifference: unknown };
  readonly served: readonly { readonly policy: string; readonly sent: number; readonly answered: number }[];
  readonly tuning: { readonly verdict: 'better' | 'no-better'; readonly trials: number };
  readonly promotion: { readonly stage: string; readonly why: string } | null;
  readonly files: Readonly<Record<string, string | null>>;
}

it('goes from traffic to a report, and repeats every decision of its log', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-lab-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const out = join(folder, 'lab');
  const options = [
    '--scenario',
    'calm-day',
    '--policies',
    'ranked,weighted',
    '--requests',
    '400',
    '--speed',
    '60',
    '--out',
    out,
    '--json',
  ];
  const { code, stdout, stderr } = await runTokenpool('lab', ...options);
  expect(stderr).not.toMatch(/Error|unexpected/);
  expect(code).toBe(0);
  const { kind, parity, served, tuning, promotion, files } = JSON.parse(stdout) as Printed;
  expect(kind).toBe('lab');
  expect(parity.firstDifference).toBeNull();
  expect(parity.identical).toBe(parity.decisions);
  expect(served[0]).toMatchObject({ policy: 'ranked-exploring.policy', sent: 400 });
  expect(tuning.trials).toBeGreaterThan(20);
  // Whether a better one is found depends on what this machine's ms did to the log; both ends must be whole.
  expect(promotion === null).toBe(tuning.verdict === 'no-better');
  expect(served).toHaveLength(promotion === null ? 1 : 2);
  // Both runs are in the log when there were two.
  expect(parity.decisions).toBeGreaterThanOrEqual(promotion === null ? 400 : 750);
  if (promotion !== null) expect(['active', 'canary', 'shadow', 'rolled_back']).toContain(promotion.stage);
  for (const [name, path] of Object.entries(files)) if (path !== null) expect(existsSync(path), name).toBe(true);
});
