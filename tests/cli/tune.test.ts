import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TuningResult } from '../../simulator/tune/tuning-result.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { expectBadInput, folderOfInputs } from './replaying-commands.ts';
import { runTokenpool } from './run-tokenpool.ts';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
/** Of trials that have been written: some policies are known then. */
const ENOUGH_BYTES = 100_000;
const pathOf = folderOfInputs();
const tuned = (...options: readonly string[]) => [
  'tune',
  pathOf('good.parquet'),
  '--scenario',
  'calm-day',
  '--replays',
  '40',
  '--knobs',
  'mode,score.weights.cost,score.weights.firstToken,score.weights.speed,score.references.usdPerMillionTokens',
  ...options,
];
/** All but what the clock has a part in. */
const untimed = (text: string): object => ({ ...(JSON.parse(text) as TuningResult), wallMs: 0, command: '' });

describe('tune', () => {
  it('writes a candidate with its evidence, and goes on from stored trials to the same result', async () => {
    const [one, two] = [pathOf('one.policy.yaml'), pathOf('two.policy.yaml')];
    const first = await runTokenpool(...tuned('--keep', '--out', one, '--workers', '1', '--json'));
    expect([0, 1]).toContain(first.code);
    const result = JSON.parse(first.stdout) as TuningResult;
    expect(result).toMatchObject({ kind: 'tuning', isPartial: false, trace: { requests: 400 } });
    expect(first.code).toBe(result.verdict === 'better' ? 0 : 1);
    const written = loadPolicy(one);
    expect(written.hash).toBe(result.candidate!.policyHash);
    expect(written.evidence).toMatchObject({ verdict: result.verdict, policyHash: written.hash, seeds: result.seeds });

    const again = await runTokenpool(
      ...tuned('--out', two, '--trials', pathOf('one.trials.duckdb'), '--resume', '--workers', '2', '--json'),
    );
    expect(again.code).toBe(first.code);
    expect(untimed(again.stdout)).toEqual(untimed(first.stdout));
    expect(existsSync(two)).toBe(result.verdict === 'better');

    const other = await runTokenpool(
      ...tuned('--out', two, '--trials', pathOf('one.trials.duckdb'), '--resume', '--seed', '2'),
    );
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringMatching(/one\.trials\.duckdb: holds trials of another search \(.*seed.* differ\)/),
    ]);
  });

  it('says in words what changed and how sure that is', async () => {
    const { code, stdout } = await runTokenpool(...tuned('--out', pathOf('words.policy.yaml'), '--minimize', 'cost'));
    expect([0, 1]).toContain(code);
    expect(stdout).toMatch(/400 requests over .* minutes, the first 70 % to search on; scenario calm-day/);
    expect(stdout).toMatch(/holdout[\s\S]*incumbent[\s\S]*95 % interval/);
    expect(stdout).toMatch(code === 0 ? /Written to .*words\.policy\.yaml/ : /No better policy was found/);
  });

  it('keeps what is known when it is interrupted, and can go on from there', async () => {
    const out = pathOf('cut.policy.yaml');
    const trials = pathOf('cut.trials.duckdb');
    const args = tuned('--out', out, '--json');
    args[args.indexOf('40')] = '3000';
    const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const bytes = (): number => statSync(`${trials}.wal`, { throwIfNoEntry: false })?.size ?? 0;
    while (bytes() < ENOUGH_BYTES) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ isPartial: true, verdict: 'no-better' });
    expect(existsSync(out)).toBe(false);
    const resumed = await runTokenpool(...tuned('--out', out, '--trials', trials, '--resume', '--json'));
    expect(JSON.parse(resumed.stdout)).toMatchObject({ isPartial: false });
  }, 30_000);

  it.each([
    ['no scenario', [], /name a scenario with --scenario/],
    ['two scenarios', ['--scenario', 'calm-day', '--twins', 'calm-day'], /leave one of them out/],
    ['an unknown metric', ['--scenario', 'calm-day', '--minimize', 'cots'], /--minimize: "cots" is no metric/],
    ['an unknown knob', ['--scenario', 'calm-day', '--knobs', 'scor'], /--knobs: "scor" cannot be tuned/],
    ['too few replays', ['--scenario', 'calm-day', '--replays', '3'], /--replays.*at least 30/],
    ['no time', ['--scenario', 'calm-day', '--time', 'soon'], /expected a duration/],
    ['a missing policy', ['--scenario', 'calm-day', '--policy', 'rankd'], /policy "rankd": neither/],
  ])('refuses %s', async (_, options, pattern) => {
    await expectBadInput(pathOf, ['tune', pathOf('good.parquet'), ...options], pattern);
  });
});
