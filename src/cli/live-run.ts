/** Live traffic in small: one trace through a proxy, its log closed behind it. */
import { openLiveStage, type LiveStageSettings } from './live-stage.ts';
import type { TrafficResult } from '../../simulator/traffic/traffic-result.ts';

export interface LiveRunSettings extends LiveStageSettings {
  /** Send the first so many requests of the trace. */
  readonly requestsMax: number;
  readonly onProgress: (rows: number) => void;
}

export interface LiveRun {
  readonly traffic: TrafficResult;
  readonly logFolder: string;
  /** The configuration with which the proxy was started. */
  readonly configPath: string;
}

/** @throws BadInput when the scenario has no twin for a target, or a folder cannot be written */
export async function runLive(settings: LiveRunSettings): Promise<LiveRun> {
  const stage = await openLiveStage(settings);
  try {
    await stage.startProxy();
    const traffic = await stage.send(settings.trace, settings.onProgress, settings.requestsMax);
    return { traffic, logFolder: stage.logFolder, configPath: stage.configPath };
  } finally {
    await stage.close();
  }
}
