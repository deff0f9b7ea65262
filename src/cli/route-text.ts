/** What became of each route, for the terminal: its figures by policy side by side, then the paired differences. */
import Table from 'cli-table3';
import type { Comparison, PolicyRun, RoutePairedDifference, RouteUse } from '../../simulator/result.ts';
import { milliseconds } from './milliseconds.ts';

const PLAIN = { style: { head: [], border: [] } };
/** What is compared per route, in the order of its columns. */
const COMPARED = [
  { metric: 'cacheReadRatio', head: 'cached, points', scale: 100 },
  { metric: 'costUsdPer1kRequests', head: 'USD / 1k', scale: 1 },
  { metric: 'effectiveTargets', head: 'targets used', scale: 1 },
] as const;

/** Empty when no policy has figures of routes. */
export function routeText({ policies, routePaired = [] }: Pick<Comparison, 'policies' | 'routePaired'>): string[] {
  if (policies.every(({ routes }) => routes === undefined)) return [];
  const parts = [
    'By route (targets used: the effective number, exp of the entropy of their shares; largest: the largest share of one):',
    routeTable(policies),
  ];
  if (routePaired.length > 0) {
    parts.push('Differences by route on the same requests (95 % interval; * leaves 0 out):', pairedTable(routePaired));
  }
  return parts;
}

/** Routes in the order of the first policy that has them; below each its policies. */
function routeTable(policies: readonly PolicyRun[]): string {
  const table = new Table({
    head: [
      'route',
      'policy',
      'sticks to',
      'requests',
      'success',
      'USD / 1k',
      'TTFT p95',
      'cached',
      'targets used',
      'largest',
    ],
    ...PLAIN,
  });
  const names = [...new Set(policies.flatMap(({ routes = [] }) => routes.map(({ route }) => route)))];
  for (const name of names) {
    for (const { name: policy, stick = 'none', routes = [] } of policies) {
      const use = routes.find(({ route }) => route === name);
      if (use !== undefined) table.push([name, policy, stick, ...figuresOf(use)]);
    }
  }
  return table.toString();
}

function figuresOf(use: RouteUse): string[] {
  return [
    String(use.requests),
    percent(use.successRatio, 2),
    use.costUsdPer1kRequests.toFixed(3),
    milliseconds(use.firstTokenMs.p95),
    percent(use.cacheReadRatio, 1),
    use.effectiveTargets.toFixed(2),
    percent(use.largestTargetShare, 1),
  ];
}

function pairedTable(paired: readonly RoutePairedDifference[]): string {
  const table = new Table({ head: ['route', 'a - b', ...COMPARED.map(({ head }) => head)], ...PLAIN });
  const first = paired.filter(({ metric }) => metric === COMPARED[0].metric);
  for (const { route, a, b } of first) {
    const cells = COMPARED.map(({ metric, scale }) => {
      const found = paired.find(
        (each) => each.metric === metric && each.route === route && each.a === a && each.b === b,
      );
      return found === undefined ? '-' : differenceText(found, scale);
    });
    table.push([route, `${a} - ${b}`, ...cells]);
  }
  return table.toString();
}

function differenceText({ difference, low95, high95 }: RoutePairedDifference, scale: number): string {
  if (difference === null) return '-';
  if (low95 === null || high95 === null) return figure(difference * scale);
  const mark = low95 > 0 || high95 < 0 ? ' *' : '';
  return `${figure(difference * scale)} (${figure(low95 * scale)} to ${figure(high95 * scale)})${mark}`;
}

function figure(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

function percent(ratio: number, decimals: number): string {
  return `${(ratio * 100).toFixed(decimals)} %`;
}
