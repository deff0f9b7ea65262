/** Ticks whose labels tell them apart: two that read alike would make an axis that says nothing. */
import { formatPercent, formatTick, type Formatter } from '../../reports/format.ts';
import { linearTicks } from '../../reports/charts/ticks.ts';

/** Most decimals of a percentage that are worth reading. */
const DECIMALS_MAX = 3;

/** Labels in percent, with as few decimals as tell all of these ticks apart. */
export function percentLabels(ticks: readonly number[]): Formatter {
  const labelled =
    (decimals: number): Formatter =>
    (ratio) =>
      formatTick(ratio ?? 0, (value) => formatPercent(value, decimals));
  for (let decimals = 0; decimals < DECIMALS_MAX; decimals += 1) {
    if (new Set(ticks.map((tick) => labelled(decimals)(tick))).size === ticks.length) return labelled(decimals);
  }
  return labelled(DECIMALS_MAX);
}

/** Ticks of an axis that counts, up to `max`: there is no half of a decision. */
export function countTicks(max: number, count: number): readonly number[] {
  return linearTicks(max, count).filter((tick) => tick <= max && Number.isInteger(tick));
}

/** The ticks without those that would be labelled as the one before. */
export function tellingTicks(ticks: readonly number[], format: (value: number) => string): readonly number[] {
  return ticks.filter((tick, index) => {
    const before = ticks[index - 1];
    return before === undefined || format(before) !== format(tick);
  });
}
