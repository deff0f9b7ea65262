import type { TroubleFit } from '../fitted-twin.ts';
import { faultsOf } from './fair-rows.ts';

/** What a scenario with the very trouble of its log was given, in one sentence. */
export function recordedTroubleWords(troubles: readonly TroubleFit[]): string {
  const found = troubles.flatMap((trouble) => {
    const words = spellWords(trouble);
    return words === null || faultsOf(trouble).length === 0 ? [] : [`${trouble.provider} ${words}`];
  });
  return found.length === 0
    ? 'trouble as recorded: the log shows none that lasted, so the scenario has neither faults nor weather'
    : `trouble as recorded: the scenario has the spells of the log as faults, at their times, and no weather: ${found.join('; ')}`;
}

/** `down 2 times (12.5 min), degraded 1 time (3.0 min)`; null for neither. */
function spellWords({ spans }: TroubleFit): string | null {
  const parts = (['down', 'degraded'] as const).flatMap((wanted) => {
    const own = spans.filter(({ state }) => state === wanted);
    const minutes = own.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) / 60_000;
    return own.length === 0
      ? []
      : [`${wanted} ${own.length} ${own.length === 1 ? 'time' : 'times'} (${minutes.toFixed(1)} min)`];
  });
  return parts.length === 0 ? null : parts.join(', ');
}
