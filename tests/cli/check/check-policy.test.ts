import { beforeAll, describe, expect, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import { estimateLog } from '../../../simulator/estimate/estimate-log.ts';
import { checkMarkdown } from '../../../src/cli/check/check-markdown.ts';
import { checkPolicy, type CheckSettings } from '../../../src/cli/check/check-policy.ts';
import type { CheckResult } from '../../../src/cli/check/check-result.ts';
import { loadPolicy, policyHash, type NamedPolicy } from '../../../src/config/load-policy.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { createLogWriter } from '../../../src/log/log-writer.ts';
import { CORE_VERSION } from '../../../src/router/index.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/router/policy.ts';
import { DRIVEN_POLICY, driveRouter } from '../../log/drive-router.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { logReplay } from '../../parity/logged-replay.ts';
import { firstRows } from '../promotion/promoted-log.ts';

const pathOf = temporaryFolder();

beforeAll(async () => {
  const writer = await createLogWriter(pathOf('chance.duckdb'), { coreVersion: CORE_VERSION });
  driveRouter(writer, 3_000, 42);
  await writer.close();
  const trace = memoryTrace(await firstRows(700), 'embedded');
  await logReplay(pathOf('ranked.duckdb'), trace, loadScenario('provider-outage').scenario, DEFAULT_POLICY, 1);
});

function named(name: string, policy: Policy): NamedPolicy {
  return { name, policy, hash: policyHash(policy) };
}

async function checked(log: string, policy: NamedPolicy, changes: Partial<CheckSettings> = {}): Promise<CheckResult> {
  const reader = await openLog(pathOf(log));
  try {
    return await checkPolicy({
      policy,
      reader,
      limits: {},
      allowNotShown: false,
      scenario: null,
      outcomes: {},
      seed: 1,
      ...changes,
    });
  } finally {
    reader.close();
  }
}

const STRICT = { maxChanged: 0, maxCostIncrease: 0, maxFirstTokenIncrease: 0, minSuccessChange: 0 };

describe('a policy checked against a log', () => {
  test('that is the log’s own changes nothing and keeps the strictest limits', async () => {
    const result = await checked('chance.duckdb', named('same', DRIVEN_POLICY), { limits: STRICT });
    expect(result).toMatchObject({ changed: 0, changedRatio: 0, moves: [], method: 'same-choices', pass: true });
    expect(result.limits.map(({ verdict }) => verdict)).toEqual(['kept', 'kept', 'kept', 'kept']);
    expect(result.differences.map(({ difference }) => difference)).toEqual(
      Array.from({ length: 3 }, () => ({ value: 0, low95: 0, high95: 0 })),
    );
    expect(checkMarkdown(result)).toMatch(
      /\*\*0 of [\d,]+ decisions change \(0\.0\u00a0%\)\. All 4 limits are kept\.\*\*/,
    );
  });

  test('is counted decision by decision, by class, route and move', async () => {
    const result = await checked('ranked.duckdb', loadPolicy('lowest-cost'));
    const reader = await openLog(pathOf('ranked.duckdb'));
    let chosen = 0;
    for await (const row of reader.decisions()) if (row.chosen_target !== null) chosen += 1;
    const { pool } = (await reader.configurationAt(0))!;
    reader.close();
    expect(result.decisions).toBe(chosen);
    expect(result.changed).toBeGreaterThan(chosen / 20);
    expect(result.changed).toBeLessThan(chosen);
    expect(result.changedRatio).toBe(result.changed / result.decisions);
    for (const parts of [result.byClass, result.byRoute]) {
      expect(parts.reduce((sum, { decisions }) => sum + decisions, 0)).toBe(result.decisions);
      expect(parts.reduce((sum, { changed }) => sum + changed, 0)).toBe(result.changed);
    }
    expect(result.moves.reduce((sum, { decisions }) => sum + decisions, 0)).toBe(result.changed);
    expect(result.moves.every(({ from, to }) => from !== to)).toBe(true);
    const counts = result.moves.map(({ decisions }) => decisions);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    // What was chosen could have been chosen again, so nothing that is dearer in all ways is chosen for its cost.
    const priceOf = new Map(pool.targets.map(({ id, prices }) => [id, prices]));
    const dearer = result.moves.filter(({ from, to }) => {
      const [before, after] = [priceOf.get(from ?? '')!, priceOf.get(to ?? '')!];
      return (
        after.inputMicroUsdPerToken > before.inputMicroUsdPerToken &&
        after.outputMicroUsdPerToken > before.outputMicroUsdPerToken
      );
    });
    expect(dearer).toEqual([]);
  });

  test('takes its differences from the estimate where chance is enough', async () => {
    const policy = loadPolicy('random');
    const result = await checked('chance.duckdb', policy, { limits: { maxCostIncrease: 10, maxChanged: 0 } });
    const reader = await openLog(pathOf('chance.duckdb'));
    const estimate = await estimateLog(reader, {
      policy: policy.policy,
      policyName: 'random',
      policyHash: policy.hash,
      metrics: ['costUsdPer1kRequests', 'firstTokenMs', 'successRatio'],
      seed: 1,
    });
    reader.close();
    expect(result.method).toBe('estimate');
    for (const { metric, difference, logged } of result.differences) {
      const found = estimate.metrics.find((each) => each.metric === metric)!;
      expect(difference).toEqual(found.difference);
      expect(logged).toBe(found.logging.value);
    }
    expect(result.differences.map(({ subject }) => subject)).toEqual(['cost', 'first-token', 'success']);
    expect(result.limits).toMatchObject([
      { limit: 'max-changed', allowed: 0, verdict: 'broken' },
      { limit: 'max-cost-increase', allowed: 10, verdict: 'kept' },
    ]);
    expect(result.pass).toBe(false);
    const [cost] = result.differences;
    expect(cost!.change.value).toBeCloseTo(cost!.difference.value! / cost!.logged!, 12);
  });

  test('is not shown to keep a limit by a log that left nothing to chance', async () => {
    const policy = loadPolicy('lowest-cost');
    const limits = { maxCostIncrease: 0.02 };
    const strict = await checked('ranked.duckdb', policy, { limits });
    expect(strict).toMatchObject({ method: 'none', differences: [], pass: false });
    expect(strict.methodText).toMatch(/not known from the log: .*left nothing to chance/);
    expect(strict.limits).toMatchObject([{ value: null, low95: null, high95: null, verdict: 'not-shown' }]);
    expect(checkMarkdown(strict)).toContain('None of 1 limits is broken, 1 is not shown to be kept.');
    const lenient = await checked('ranked.duckdb', policy, { limits, allowNotShown: true });
    expect(lenient.pass).toBe(true);
    expect(checkMarkdown(lenient)).toContain('(let pass)');
  });

  test('that acts through the state alone is not taken for harmless', async () => {
    const { health } = DRIVEN_POLICY;
    const slower = named('slower', { ...DRIVEN_POLICY, health: { ...health, cooldownMs: 1_000 } });
    const still = await checked('chance.duckdb', slower, { limits: STRICT });
    expect(still).toMatchObject({ changed: 0, method: 'none', pass: false });
    expect(still.methodText).toMatch(
      /every choice stays .* the policies differ in health, which would lead to another state/,
    );
    expect(still.limits.map(({ verdict }) => verdict)).toEqual(['kept', 'not-shown', 'not-shown', 'not-shown']);
    // Where choices change too, figures can break a limit, not show it to be kept.
    const both = named('both', { ...slower.policy, mode: 'random' });
    const moved = await checked('chance.duckdb', both, { limits: { maxCostIncrease: 100 } });
    expect(moved.method).toBe('estimate');
    expect(moved.limits[0]!.high95!).toBeLessThan(100);
    expect(moved.limits[0]!.verdict).toBe('not-shown');
  });

  test('is replayed beside the log’s own in a scenario', async () => {
    const policy = loadPolicy('lowest-cost');
    const limits = { maxCostIncrease: 0, maxChanged: 1 };
    const result = await checked('ranked.duckdb', policy, { limits, scenario: loadScenario('provider-outage') });
    expect(result.method).toBe('replay');
    expect(result.methodText).toMatch(
      /in the scenario provider-outage on the same luck; outcomes \(auto\) are as logged for/,
    );
    expect(result.notes.join(' ')).toMatch(/the replay lets each policy lead to its own/);
    expect(result.notes.join(' ')).not.toMatch(/one first choice at a time/);
    expect(result.differences.map(({ metric }) => metric)).toEqual([
      'costUsdPer1kRequests',
      'firstTokenMs.p95',
      'successRatio',
    ]);
    expect(result.differences[0]!.change.value).toBeLessThan(0);
    expect(result.limits.map(({ verdict }) => verdict)).toEqual(['kept', 'kept']);
    expect(result.pass).toBe(true);
    expect(result.loggedPolicy).toMatchObject({ name: 'ranked' });
  });

  test('gives the same bytes twice', async () => {
    const once = await checked('chance.duckdb', loadPolicy('random'), { limits: STRICT });
    const twice = await checked('chance.duckdb', loadPolicy('random'), { limits: STRICT });
    expect(JSON.stringify(once)).toBe(JSON.stringify(twice));
    expect(checkMarkdown(once)).toBe(checkMarkdown(twice));
  });
});
