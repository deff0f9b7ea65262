import { MinuteLoad } from './minute-load.ts';
import type { RecordedColumns, Recording } from './recording.ts';

/** How busy each attempt found its provider's model (in flight) and its key (sent within the minute), from the log alone. */
export function recordedLoad(
  { target, sentAtMs, durationMs }: Pick<RecordedColumns, 'target' | 'sentAtMs' | 'durationMs'>,
  rows: number,
  targets: readonly string[],
): Pick<Recording, 'othersInFlight' | 'sentWithinMinute'> {
  const twins = numbered(targets.map(twinOf));
  const keys = numbered(targets.map(keyOf));
  const inFlight = new Float64Array(targets.length);
  const minute = new MinuteLoad(targets.length);
  const othersInFlight = new Uint16Array(rows);
  const sentWithinMinute = new Uint32Array(rows);
  const endsAtMs = (row: number): number => sentAtMs[row]! + durationMs[row]!;
  const byEnd = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => endsAtMs(a) - endsAtMs(b) || a - b);
  let ended = 0;
  for (let row = 0; row < rows; row++) {
    // What takes no time is not over before it was sent, hence the look at the row.
    while (byEnd[ended]! < row && endsAtMs(byEnd[ended]!) <= sentAtMs[row]!) {
      inFlight[twins[target[byEnd[ended]!]!]!]! -= 1;
      ended++;
    }
    const twin = twins[target[row]!]!;
    othersInFlight[row] = inFlight[twin]!;
    inFlight[twin]! += 1;
    sentWithinMinute[row] = minute.send(keys[target[row]!]!, sentAtMs[row]!);
  }
  return { othersInFlight, sentWithinMinute };
}

/** `provider.keyAlias` of a target. */
export function keyOf(target: string): string {
  return target.split('.', 2).join('.');
}

/** Provider and model of a target, whichever its key. */
function twinOf(target: string): string {
  const [provider, , ...model] = target.split('.');
  return `${provider} ${model.join('.')}`;
}

/** Equal texts get equal numbers, from 0. */
export function numbered(texts: readonly string[]): Uint16Array {
  const distinct = [...new Set(texts)];
  return Uint16Array.from(texts, (text) => distinct.indexOf(text));
}
