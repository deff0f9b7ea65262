/** What the lab says of its live run, for people. */
import type { PolicyRun } from '../../simulator/result.ts';
import type { TrafficResult } from '../../simulator/traffic/traffic-result.ts';

/** The figures of the live run, and in a second line what the lateness among them means. */
export function liveText(traffic: TrafficResult, configPath: string, speed: number): string {
  const { sent, outcomes, wallMs, drift } = traffic;
  const seconds = (wallMs / 1_000).toFixed(1);
  const lateMs = drift.wallMs.p99;
  const late = lateMs === null ? '' : `, sent ${lateMs.toFixed(1)} ms late at p99`;
  const figures = `${configPath}: ${sent} requests through the proxy in ${seconds} s (${speed} times as fast as life${late}), ${outcomes.success} answered`;
  if (lateMs === null) return figures;
  const scenarioMs = (lateMs * speed).toFixed(0);
  return `${figures}\nLate is how long after its time in the trace a request was sent, here ${scenarioMs} ms of the scenario: how busy this one process was with clients, proxy and providers at once.`;
}

/** The live answer rate beside the replay's of the same policy, and why they may differ. */
export function answerRateText({ sent, outcomes }: TrafficResult, replayed: PolicyRun, speed: number): string {
  if (sent === 0) return 'Live nothing was sent, so there is no answer rate to compare.';
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  return `Live ${percent(outcomes.success / sent)} were answered, in the replay of ${replayed.name} ${percent(replayed.successRatio)}: requests and luck are the same, but live each ms that this machine takes counts as ${speed} ms of the scenario: clients lose patience sooner, and queues and limits shift.`;
}
