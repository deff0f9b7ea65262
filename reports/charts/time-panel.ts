/** The frame that all charts over time share: time along the bottom, faults shaded, one panel a policy. */
import type { Comparison, PolicyRun, TimeSlice } from '../../simulator/result.ts';
import type { Panel } from './chart.ts';
import { axisX, headingHeight, type Draw, type Mark } from './draw-panel.ts';
import { layoutFaults } from './fault-marks.ts';
import { timeAxis } from './ticks.ts';

/** What a time axis needs to know: how long it is, and what to shade. A comparison has it. */
export interface TimeFrame {
  readonly trace: Pick<Comparison['trace'], 'spanMs'>;
  readonly faults: Comparison['faults'];
  readonly policies: readonly Pick<PolicyRun, 'slices'>[];
  /** What the times count from the start of; a trace when not said. */
  readonly timesOf?: 'log';
}

export interface TimePanelSpec {
  readonly comparison: TimeFrame;
  readonly width: number;
  /** Of the plot itself, without title, labels and axis. */
  readonly plotHeight: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly title: string | null;
  readonly titlePaint: string | null;
  readonly unit: string | null;
  readonly label: string;
  readonly y: Record<string, unknown>;
  /** Drawn over the shading of the faults. */
  readonly marks: readonly Mark[];
  /** True where the marks cover the shading, so that faults need lines over them. */
  readonly covered?: true;
}

/** Length of the time axis, ms: the trace, or further when slices go on after its last arrival. */
export function timeSpanMs(comparison: TimeFrame): number {
  return Math.max(
    1,
    comparison.trace.spanMs,
    ...comparison.policies.flatMap((run) => run.slices.map((slice) => slice.startMs)),
  );
}

/** Start and end of each slice, ms; the last one ends where the axis does. */
export function sliceEdges(
  run: PolicyRun,
  spanMs: number,
): readonly { readonly slice: TimeSlice; readonly x1: number; readonly x2: number }[] {
  return run.slices.map((slice, index) => ({
    slice,
    x1: slice.startMs,
    x2: run.slices[index + 1]?.startMs ?? Math.max(spanMs, slice.startMs),
  }));
}

/** Draws one panel over time. */
export function drawTimePanel(draw: Draw, spec: TimePanelSpec): Panel {
  const spanMs = timeSpanMs(spec.comparison);
  const plotWidth = spec.width - spec.marginLeft - spec.marginRight;
  const faults = layoutFaults(spec.comparison.faults, spanMs, plotWidth);
  const marginTop = headingHeight(spec) + faults.height;
  const axis = timeAxis(spanMs, Math.max(3, Math.floor(plotWidth / 55)), spec.comparison.timesOf);
  const marginBottom = 40;
  return draw({
    ...spec,
    height: marginTop + spec.plotHeight + marginBottom,
    marginTop,
    marginBottom,
    x: { domain: [0, spanMs], type: 'linear' },
    marks: [
      ...faults.under,
      ...spec.marks,
      ...(spec.covered === true ? faults.edges : []),
      ...axisX(axis.ticks, axis.format, axis.name),
      ...faults.over,
    ],
  });
}
