import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkBalance } from '../simulator/replay/witness.ts';
import type { Comparison } from '../../simulator/result.ts';
import { BAD_INPUT, BAD_POLICIES, expectBadInput, folderOfInputs } from './replaying-commands.ts';
import { runHere } from './run-here.ts';
import { runTokenpool } from './run-tokenpool.ts';

const pathOf = folderOfInputs();
const scenarioOf = (name: string): string => (name.endsWith('.yaml') ? pathOf(name) : name);
const compare = (...options: readonly string[]) => [
  'compare',
  pathOf('good.parquet'),
  '--scenario',
  'provider-outage',
  ...options,
];

/** All but what the clock has a part in. */
function untimed(json: string): string {
  return json.replaceAll(/"(wallMs|requestsPerSecond)": [\d.e+]+/g, '"$1": 0');
}

describe('compare', () => {
  const policies = ['--policies', 'ranked,weighted,round-robin,lowest-cost'];

  test('gives the same bytes in two processes, timing aside', async () => {
    const outs = [pathOf('one.json'), pathOf('two.json')];
    const args = (out: string) => compare(...policies, '--seed', '9', '--json', '--out', out);
    const endings = await Promise.all([runHere(...args(outs[0]!)), runTokenpool(...args(outs[1]!))]);
    expect(endings.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(untimed(endings[1]!.stdout)).toBe(untimed(endings[0]!.stdout));
    const [one, two] = outs.map((out) => readFileSync(out, 'utf8'));
    expect(untimed(two!)).toBe(untimed(one!));
    expect(untimed(one!)).not.toBe(one);

    const comparison = JSON.parse(one!) as Comparison;
    expect(comparison).toMatchObject({ kind: 'comparison', formatVersion: 1, seed: 9, scenario: 'provider-outage' });
    expect(comparison.policies.map(({ name }) => name)).toEqual(['ranked', 'weighted', 'round-robin', 'lowest-cost']);
    for (const run of comparison.policies) {
      checkBalance(run);
      expect([run.arrivals, run.inFlight]).toEqual([400, 0]);
    }
    expect(comparison.command).toMatch(/^tokenpool compare .*good\.parquet --scenario provider-outage --policies /);
    // What is printed is the same result without the series that only charts need.
    const printed = JSON.parse(endings[0]!.stdout) as Comparison;
    expect(printed.policies[0]).not.toHaveProperty('slices');
    expect(printed.paired).toEqual(comparison.paired);
  });

  test('says in tables how the policies differ', async () => {
    const { code, stdout } = await runHere(...compare('--policies', 'ranked,random'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/400 requests over .* minutes, scenario provider-outage, seed 1/);
    expect(stdout).toMatch(/ranked[\s\S]*random[\s\S]*95 % interval/);
  });
});

describe('compare refuses', () => {
  const out = (): string => pathOf('refused.json');

  test.each(BAD_INPUT)('%s', async (_, [trace, scenario], pattern) => {
    const args = ['compare', pathOf(trace!), '--scenario', scenarioOf(scenario!), '--out', out()];
    await expectBadInput(pathOf, args, pattern);
  });

  test.each(BAD_POLICIES)('the policy %s among good ones', async (policy, pattern) => {
    const named = policy.endsWith('.yaml') ? pathOf(policy) : policy;
    await expectBadInput(pathOf, compare('--policies', `ranked,${named}`, '--out', out()), pattern);
  });

  test.each([
    ['--policies', 'ranked,ranked', /--policies: "ranked" stands twice/],
    ['--policies', 'ranked,,weighted', /--policies: an empty name/],
    ['--seed', 'one', /--seed .*'one' is invalid/],
  ])('%s %s', async (option, value, pattern) => {
    await expectBadInput(pathOf, compare(option, value, '--out', out()), pattern);
  });

  test('in a process of its own just so, with nothing on standard output', async () => {
    const { code, stdout, stderr } = await runTokenpool(...compare('--policies', 'rankd', '--json'));
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
  });

  test('an output that has no place to go', async () => {
    const nowhere = pathOf('no-such-folder/result.json');
    await expectBadInput(pathOf, compare('--out', nowhere), /the folder .*no-such-folder does not exist/);
    await expectBadInput(pathOf, compare('--out', pathOf('.')), /is a folder; name a file to write to/);
  });
});
