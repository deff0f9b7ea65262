/** The figures of the gateways for people. */
import type { GatewayFigures, SaturationFigures } from './gateway-figures.ts';

type Row = readonly (string | number | null)[];

export function gatewayText(figures: GatewayFigures): string {
  const lines: string[] = [];
  for (const [bytes, byGateway] of Object.entries(figures.requests)) {
    lines.push(...saturationTable(`whole answers, body of ${bytes} bytes`, 'requests/s', byGateway));
  }
  lines.push(...saturationTable('streams', 'chunks/s', figures.streamChunks));
  lines.push(...saturationTable('streams, each chunk by itself', 'chunks/s', figures.loneStreamChunks));
  for (const [bytes, byGateway] of Object.entries(figures.latency)) {
    lines.push(...latencyTable(`latency at 200/s, body of ${bytes} bytes, ms`, byGateway));
  }
  lines.push(...latencyTable('time to first token at 100 streams/s, ms', figures.firstToken));
  for (const [streams, byGateway] of Object.entries(figures.concurrentStreams)) {
    const rows = Object.entries(byGateway).map(([name, each]): Row => {
      return [name, each.p50Ms, each.p99Ms, each.maxMs, each.beganTogether, each.failures];
    });
    lines.push(
      ...table(`${streams} streams at once, ms to the first byte`, ['p50', 'p99', 'max', 'together', 'failed'], rows),
    );
  }
  const ratios = Object.entries(figures.ratios).filter(([, value]) => value !== null);
  lines.push('', 'ratios');
  for (const [name, value] of ratios) lines.push(`  ${name.padEnd(48)} ${shown(value)}`);
  lines.push('', 'goals');
  for (const { name, value, goal, isMet } of figures.goals) {
    lines.push(`  ${isMet ? 'met    ' : 'not met'} ${name}: ${shown(value)} (${goal})`);
  }
  lines.push('', 'conditions');
  for (const [name, value] of Object.entries(figures.conditions)) lines.push(`  ${name}: ${value}`);
  return `${lines.join('\n')}\n`;
}

function saturationTable(title: string, unit: string, byGateway: Partial<Record<string, SaturationFigures>>): string[] {
  const head = [unit, 'fastest', 'sustained', 'CPU us', 'main us', 'cores', 'p50 ms', 'p99 ms'];
  const rows = Object.entries(byGateway).map(([name, each]): Row => {
    const { perSecond, perSecondFastest, perSecondSustained, cpuInAllUs, cpuMainThreadUs, busyShare } = each!;
    const { p50Ms, p99Ms } = each!;
    return [
      name,
      perSecond,
      perSecondFastest,
      perSecondSustained,
      cpuInAllUs,
      cpuMainThreadUs,
      busyShare,
      p50Ms,
      p99Ms,
    ];
  });
  return table(title, head, rows);
}

function latencyTable(title: string, byGateway: GatewayFigures['firstToken']): string[] {
  const rows = Object.entries(byGateway).map(([name, each]): Row => {
    return [name, each.p50Ms, each.p99Ms, each.addedP50Ms, each.addedP99Ms, each.maxMs];
  });
  return table(title, ['p50', 'p99', 'added p50', 'added p99', 'max'], rows);
}

function table(title: string, head: readonly string[], rows: readonly Row[]): string[] {
  const line = (first: string, cells: readonly string[]): string =>
    `  ${first.padEnd(12)}${cells.map((cell) => cell.padStart(11)).join('')}`;
  return ['', title, line('', head), ...rows.map(([name, ...cells]) => line(String(name), cells.map(shown)))];
}

function shown(value: string | number | null): string {
  if (typeof value !== 'number') return String(value);
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2);
}
