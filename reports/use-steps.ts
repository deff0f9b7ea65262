/** The steps in which the use of a limit is coloured, in charts and on the console alike. */
import { rolePaint, type Paint } from './palette.ts';

export const USE_STEPS: readonly { readonly below: number; readonly label: string; readonly paint: Paint }[] = [
  { below: 0.5, label: 'under 50\u00a0%', paint: rolePaint('use-0') },
  { below: 0.8, label: '50 to 80\u00a0%', paint: rolePaint('use-1') },
  { below: 0.95, label: '80 to 95\u00a0%', paint: rolePaint('use-2') },
  { below: 0.9995, label: '95 to 100\u00a0%', paint: rolePaint('use-3') },
  { below: Infinity, label: 'at the limit or over', paint: rolePaint('use-4') },
];

/** Colour of a use, 1: at the limit. */
export function usePaint(use: number): Paint {
  return (USE_STEPS.find((step) => use < step.below) ?? { paint: rolePaint('use-4') }).paint;
}
