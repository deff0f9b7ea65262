/** The twins' time: the scenario's clock starts at 0 and runs `speed` times as fast as the one on the wall. */
export interface ScenarioClock {
  /** Scenario ms for each ms on the wall, > 0. */
  readonly speed: number;
  /** Scenario ms now; never goes back. */
  nowMs(): number;
}

export function startScenarioClock(speed: number): ScenarioClock {
  const startedAtMs = performance.now();
  return { speed, nowMs: () => (performance.now() - startedAtMs) * speed };
}
