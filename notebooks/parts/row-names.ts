/** The names of rows, in the margin left of the plot. */
import * as Plot from '@observablehq/plot';
import type { Mark } from '../../reports/charts/axes.ts';

/**
 * @param names of the vertical axis' band
 * @param gap between name and plot, px
 */
export function rowNames(names: readonly string[], gap = 8): Mark {
  return Plot.text(names, {
    frameAnchor: 'left',
    y: (name: string) => name,
    text: (name: string) => name,
    textAnchor: 'end',
    dx: -gap,
  });
}
