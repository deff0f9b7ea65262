/** `report --log`, from the answer of the proxy's admin API to the page. */
import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { openTrace, writeTrace } from '../../../datasets/index.ts';
import type { PromotionRecord } from '../../../src/policies/measured-promotion.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { runHere } from '../run-here.ts';
import { evidenceOf, logCandidate, predictionsOf, promotionOf } from './promoted-log.ts';

const pathOf = temporaryFolder();
let promotion: PromotionRecord;

/** As the admin API answers, with what it keeps beyond a promotion's promise. */
function page(record: PromotionRecord): object {
  const kept = { ...record, stageSinceMs: 0, pausedMs: 0, plan: {}, guards: [], figures: {} };
  return {
    atMs: 1,
    inForce: { name: 'tuned' },
    configured: { name: 'ranked', hash: record.incumbentHash },
    promotion: null,
    active: [kept],
    past: [{ ...kept, id: 'p-0', stage: 'rolled_back' }],
  };
}

beforeAll(async () => {
  const { run, trace } = await logCandidate(pathOf('run.duckdb'), 700);
  await writeTrace(pathOf('trace.parquet'), trace.batches());
  const stored = await openTrace(pathOf('trace.parquet'));
  promotion = promotionOf(evidenceOf(stored, predictionsOf(run)));
  await writeFile(pathOf('policies.json'), JSON.stringify(page(promotion)));
});

describe('report --log', () => {
  test('holds the promise of a promotion against the log', async () => {
    const { code, stdout, stderr } = await runHere(
      'report',
      pathOf('policies.json'),
      '--promotion',
      'p-1',
      '--log',
      pathOf('run.duckdb'),
      '--trace',
      pathOf('trace.parquet'),
      '--out',
      pathOf('out'),
      '--json',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const written = JSON.parse(stdout) as { readonly headline: string; readonly json: string };
    expect(written.headline).toBe('The simulator earned its trust: 6 of 6 figures came where it was to be expected.');
    const report = JSON.parse(await readFile(written.json, 'utf8')) as Record<string, unknown>;
    expect(report['promotion']).toMatchObject({ kind: 'promotion', candidate: { requests: 700 } });
    // What was measured is a result of its own, which a report can be made of again.
    await writeFile(pathOf('measured.json'), JSON.stringify(report['promotion']));
    const again = await runHere('report', pathOf('measured.json'), '--out', pathOf('again'));
    expect(again.code).toBe(0);
    expect(await readFile(pathOf('again/report.html'), 'utf8')).toBe(await readFile(pathOf('out/report.html'), 'utf8'));
  });

  test('refuses in one line what does not belong together', async () => {
    const change = async (name: string, changes: Partial<PromotionRecord>): Promise<string> => {
      await writeFile(pathOf(name), JSON.stringify({ ...promotion, ...changes }));
      return pathOf(name);
    };
    const log = ['--log', pathOf('run.duckdb')];
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [[pathOf('policies.json'), ...log], /policies\.json: has 2 promotions; name one with --promotion: p-1, p-0/],
      [[pathOf('policies.json'), ...log, '--promotion', 'p-9'], /has no promotion p-9; it has p-1, p-0/],
      [
        [...log, '--promotion', 'p-1'],
        /run\.duckdb: has no promotions\.json, in which the proxy keeps its promotions; give/,
      ],
      [['--promotion', 'p-1'], /report: name the JSON file of a result, or a promotion and its log/],
      [[pathOf('policies.json'), '--promotion', 'p-1'], /--promotion: is for a promotion that is held against a log/],
      [
        [pathOf('policies.json')],
        /policies\.json: kind: is none of comparison, calibration, estimate, tuning and promotion/,
      ],
      [[pathOf('nowhere.json'), ...log], /nowhere\.json: .*no such file/],
      [
        [await change('hash.json', { policyHash: 'a'.repeat(64) }), ...log],
        /hash\.json: promotion p-1: its policy does not have the hash that stands beside it; the file was edited/,
      ],
      [
        [await change('other.json', { evidence: { ...promotion.evidence!, policyHash: 'a'.repeat(64) } }), ...log],
        /other\.json: promotion p-1: its evidence is that of another policy/,
      ],
      [[await change('stage.json', { stage: 'gone' as never }), ...log], /stage\.json: stage: /],
      [[await change('bare.json', { evidence: null }), ...log], /bare\.json: promotion p-1 has no evidence/],
    ];
    for (const [args, pattern] of refusals) {
      const { code, stdout, stderr } = await runHere('report', ...args, '--out', pathOf('refused'));
      expect(stderr).toMatch(pattern);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect([code, stdout]).toEqual([2, '']);
    }
  });
});
