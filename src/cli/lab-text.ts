/** What the lab says of its live run, for people. */
import type { TrafficResult } from '../../simulator/traffic/traffic-result.ts';
import { comparisonText } from './comparison-text.ts';
import type { LabStep } from './lab/run-lab.ts';
import { tuningText } from './tune/tuning-text.ts';

const WIDTH = 12;
/** Of the scenario: providers of the built-in ones take seconds, and beside these it has to be small. */
const LATE_MS_MAX = 3_000;

/** A step of the lab once it is done: its name, and what came of it below one another. */
export function labStepText(step: LabStep, speed: number): string {
  return `${step.name.padEnd(WIDTH)}${stepText(step, speed).replaceAll('\n', `\n${' '.repeat(WIDTH)}`)}`;
}

function stepText(step: LabStep, speed: number): string {
  switch (step.name) {
    case 'trace':
      return `${step.trace.name}: ${step.trace.requests} requests, ${(step.trace.spanMs / 60_000).toFixed(1)} minutes`;
    case 'live':
    case 'live again':
      return liveText(step.traffic, step.configPath, speed);
    case 'verify':
      return `${step.logFolder}: ${step.parity.identical} of ${step.parity.decisions} decisions come out the same, bit for bit`;
    case 'calibrate':
      return `${step.twinsPath}: twins fitted to the log, judged on its last ${step.holdoutAttempts} attempts`;
    case 'compare':
      return comparisonText(step.comparison);
    case 'tune':
      return `${tuningText(step.tuning)}${step.candidatePath === null ? '' : `\n${step.candidatePath}`}`;
    case 'promote':
      return step.promotion === null
        ? 'nothing to promote'
        : `${step.promotion.policyName}: ${step.promotion.stage}; ${step.promotion.why}`;
  }
}

/** The figures of the live run, and in a second line what the lateness among them means. */
export function liveText(traffic: TrafficResult, configPath: string, speed: number): string {
  const { sent, outcomes, wallMs, drift } = traffic;
  const seconds = (wallMs / 1_000).toFixed(1);
  const lateMs = drift.wallMs.p99;
  const lateWords = lateMs === null ? '' : `, sent ${lateMs.toFixed(1)} ms late at p99`;
  const figures = `${configPath}: ${sent} requests through the proxy in ${seconds} s (${speed} times as fast as life${lateWords}), ${outcomes.success} answered`;
  if (lateMs === null) return figures;
  const scenarioMs = lateMs * speed;
  const late = `Late is how long after its time in the trace a request was sent, here ${scenarioMs.toFixed(0)} ms of the scenario: how busy this one process was with clients, proxy and providers at once.`;
  const advice = `That is too late to learn from: what follows is of this busy machine, not of the scenario. Run it again when the machine has time, or with --speed ${Math.max(1, Math.floor(speed / 3))}.`;
  return [figures, late, ...(scenarioMs > LATE_MS_MAX ? [advice] : [])].join('\n');
}
