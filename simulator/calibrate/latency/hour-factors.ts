/** What the hour of the day does to the first token, where the log can tell. */
const HOUR_MS = 3_600_000;
const HALF_HOUR_MS = HOUR_MS / 2;
const DAY_MS = 24 * HOUR_MS;
const HOURS = 24;
/** Hours of the day that must be there, */
const HOURS_MIN = 20;
/** with at least this many rows each. */
const ROWS_PER_HOUR_MIN = 30;
/** Standard errors by which hours must foretell rows they were not fitted on, */
const CERTAINTY = 2;
/** and the least part of the variance that they must explain there. */
const GAIN_MIN = 0.005;

/**
 * Effects by hour on the scale of ln, with a mean of 0 over the rows. They are kept only when they foretell what they
 * were not fitted on: even days from odd ones and odd from even; in a log of one day, the second halves of the hours
 * from the first and the first from the second. The certainty is that over hours of the log, not over rows.
 *
 * @param startedAtMs Unix time of time 0
 * @param residuals on the scale of ln, extremes cut, without the hours' effects taken off
 * @returns 24 effects, 0 for an hour that is not in the log; `null` = hours are missing, or do not help
 */
export function fitHourEffects(
  startedAtMs: number,
  sentAtMs: Float64Array,
  residuals: Float64Array,
): Float64Array | null {
  const size = residuals.length;
  const spanMs = size === 0 ? 0 : sentAtMs[size - 1]! - sentAtMs[0]!;
  const hasDays = spanMs >= 1.8 * DAY_MS;
  const folds = [hourMeans(), hourMeans()] as const;
  const foldOf = (atMs: number): number => Math.floor((startedAtMs + atMs) / (hasDays ? DAY_MS : HALF_HOUR_MS)) % 2;
  for (let row = 0; row < size; row++) {
    const atMs = sentAtMs[row]!;
    const fold = folds[foldOf(atMs) === 0 ? 0 : 1];
    const hour = hourOfDay(startedAtMs, atMs);
    fold.counts[hour]! += 1;
    fold.sums[hour]! += residuals[row]!;
  }
  const all = hourMeans();
  for (let hour = 0; hour < HOURS; hour++) {
    all.counts[hour] = folds[0].counts[hour]! + folds[1].counts[hour]!;
    all.sums[hour] = folds[0].sums[hour]! + folds[1].sums[hour]!;
  }
  const present = all.counts.reduce((hours, count) => hours + (count >= ROWS_PER_HOUR_MIN ? 1 : 0), 0);
  if (present < HOURS_MIN || !foretells(startedAtMs, sentAtMs, residuals, folds, foldOf)) return null;
  return effectsOf(all);
}

export function hourOfDay(startedAtMs: number, atMs: number): number {
  const hour = Math.floor((startedAtMs + atMs) / HOUR_MS) % HOURS;
  return hour < 0 ? hour + HOURS : hour;
}

interface HourMeans {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
}

function hourMeans(): HourMeans {
  return { counts: new Float64Array(HOURS), sums: new Float64Array(HOURS) };
}

function effectsOf({ counts, sums }: HourMeans): Float64Array {
  const rows = counts.reduce((total, count) => total + count, 0);
  const mean = sums.reduce((total, sum) => total + sum, 0) / Math.max(1, rows);
  return counts.map((count, hour) => (count === 0 ? 0 : sums[hour]! / count - mean));
}

/** Whether the other fold's effects lower the squared error, summed up by hour of the log. */
function foretells(
  startedAtMs: number,
  sentAtMs: Float64Array,
  residuals: Float64Array,
  folds: readonly [HourMeans, HourMeans],
  foldOf: (atMs: number) => number,
): boolean {
  const effects = folds.map(effectsOf);
  const means = folds.map(({ counts, sums }) => sum(sums) / Math.max(1, sum(counts)));
  const size = residuals.length;
  const firstHour = Math.floor(sentAtMs[0]! / HOUR_MS);
  const gains = new Float64Array(Math.floor(sentAtMs[size - 1]! / HOUR_MS) - firstHour + 1);
  let squares = 0;
  for (let row = 0; row < size; row++) {
    const atMs = sentAtMs[row]!;
    const own = foldOf(atMs) === 0 ? 0 : 1;
    const value = residuals[row]! - means[own]!;
    const foretold = effects[1 - own]![hourOfDay(startedAtMs, atMs)]!;
    squares += value * value;
    gains[Math.floor(atMs / HOUR_MS) - firstHour]! += value * value - (value - foretold) ** 2;
  }
  const total = sum(gains);
  const mean = total / gains.length;
  const deviation = Math.sqrt(sum(gains.map((gain) => (gain - mean) ** 2)) * (gains.length / (gains.length - 1)));
  return total > GAIN_MIN * squares && total > CERTAINTY * deviation;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
