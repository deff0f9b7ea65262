import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { TuningResult } from '../../simulator/tune/tuning-result.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runProgram } from '../../src/cli/run-program.ts';
import { expectBadInput, folderOfInputs } from './replaying-commands.ts';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
/** Of trials that have been written: some policies are known then. */
const ENOUGH_BYTES = 30_000;
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
const RESUMED = ['--trials', pathOf('one.trials.duckdb'), '--resume'] as const;
/** Of the first search, as JSON. */
let first = '';
/** All but what the clock has a part in. */
const untimed = (text: string): object => ({ ...(JSON.parse(text) as TuningResult), wallMs: 0, command: '' });

/** Inside of this process: only its threads have to be started. */
async function runHere(args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  const texts: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  try {
    const code = await runProgram(await buildProgram(args), ['node', 'tokenpool', ...args], () => undefined);
    return { code, stdout: texts.join('') };
  } finally {
    write.mockRestore();
  }
}

describe('tune', () => {
  it('writes a candidate with its evidence', async () => {
    const out = pathOf('one.policy.yaml');
    const { code, stdout } = await runHere(tuned('--keep', '--out', out, '--workers', '1', '--json'));
    first = stdout;
    const result = JSON.parse(stdout) as TuningResult;
    expect(code).toBe(result.verdict === 'better' ? 0 : 1);
    expect(result).toMatchObject({ kind: 'tuning', isPartial: false, trace: { requests: 400 } });
    const written = loadPolicy(out);
    expect(written.hash).toBe(result.candidate!.policyHash);
    expect(written.evidence).toMatchObject({ verdict: result.verdict, policyHash: written.hash, seeds: result.seeds });
  });

  it('comes to the same result from stored trials, on other threads', async () => {
    const out = pathOf('two.policy.yaml');
    const { stdout } = await runHere(tuned('--out', out, ...RESUMED, '--workers', '2', '--json'));
    expect(untimed(stdout)).toEqual(untimed(first));
    expect(existsSync(out)).toBe((JSON.parse(first) as TuningResult).verdict === 'better');
  });

  it('goes on with trials of the same search only', async () => {
    const out = pathOf('two.policy.yaml');
    const differs = /one\.trials\.duckdb: holds trials of another search \(objective differ\)/;
    await expectBadInput(pathOf, tuned('--out', out, ...RESUMED, '--minimize', 'p95_duration_ms'), differs);
  });

  it('says in words what changed and how sure that is', async () => {
    const { code, stdout } = await runHere(
      tuned('--out', pathOf('words.policy.yaml'), '--minimize', 'cost', '--workers', '1'),
    );
    expect([0, 1]).toContain(code);
    expect(stdout).toMatch(/400 requests over .* minutes, the first 70 % to search on; scenario calm-day/);
    expect(stdout).toMatch(/holdout[\s\S]*incumbent[\s\S]*95 % interval/);
    expect(stdout).toMatch(code === 0 ? /Written to .*words\.policy\.yaml/ : /No better policy was found/);
  });

  it('says what is known when it is interrupted', async () => {
    const out = pathOf('cut.policy.yaml');
    const trials = pathOf('cut.trials.duckdb');
    const args = tuned('--out', out, '--json', '--workers', '1');
    args[args.indexOf('40')] = '2000';
    const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    const ended = new Promise((resolve) => child.once('close', resolve));
    const bytes = (): number => statSync(`${trials}.wal`, { throwIfNoEntry: false })?.size ?? 0;
    while (bytes() < ENOUGH_BYTES && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ isPartial: true, verdict: 'no-better' });
    expect(existsSync(out)).toBe(false);
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
