/** Checks of the simulator for the terminal, on one page: how many passed by group, what failed, and what came nearest to it. */
import Table from 'cli-table3';
import { CHECK_GROUPS, type Check } from '../../simulator/validate/check.ts';

const PLAIN = { style: { head: [], border: [] } };
/** More than that go to `--json`. */
const FAILED_SHOWN_MAX = 20;
const NEAREST_SHOWN = 3;
/** The few of a live trial are all looked at. */
const LIVE_SHOWN = 20;

export function validationText(checks: readonly Check[]): string {
  const failed = checks.filter(({ pass }) => !pass);
  return [
    groupTable(checks),
    ...failed.slice(0, FAILED_SHOWN_MAX).map((check) => `FAIL  ${inWords(check)}`),
    ...(failed.length > FAILED_SHOWN_MAX ? [`and ${failed.length - FAILED_SHOWN_MAX} more, see --json`] : []),
    ...nearestLines(checks),
    failed.length === 0
      ? `All ${checks.length} checks passed.`
      : `${failed.length} of ${checks.length} checks failed: do not build on what they are about.`,
  ].join('\n');
}

function groupTable(checks: readonly Check[]): string {
  const table = new Table({ head: ['group', 'what is asked', 'checks', 'passed', 'failed'], ...PLAIN });
  for (const group of CHECK_GROUPS) {
    const own = checks.filter((check) => check.group === group);
    if (own.length === 0) continue;
    const passed = own.filter(({ pass }) => pass).length;
    table.push([group, ASKED[group], own.length, passed, own.length - passed]);
  }
  return table.toString();
}

const ASKED: Readonly<Record<Check['group'], string>> = {
  analytic: 'queues, limits and outages as the books say',
  live: 'the proxy predicted before it runs',
  estimators: 'simulated as estimated from a log alone',
  recovery: 'known twins found again from their logs',
};

/** What passed, but with the least to spare; checks that allow nothing have no such distance. */
function nearestLines(checks: readonly Check[]): string[] {
  const used = ({ value, limit }: Check): number => (limit > 0 ? (value ?? 0) / limit : 0);
  return CHECK_GROUPS.flatMap((group) =>
    checks
      .filter((check) => check.group === group && check.pass)
      .toSorted((a, b) => used(b) - used(a))
      .slice(0, group === 'live' ? LIVE_SHOWN : NEAREST_SHOWN)
      .map((check) => `pass  ${inWords(check)}`),
  );
}

function inWords({ group, name, value, limit, detail }: Check): string {
  const measured = value === null ? 'not measured' : figure(value);
  return `${group}: ${name}: ${measured}, at most ${figure(limit)} (${detail})`;
}

function figure(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
