import type { GeneratorInput } from '../../../datasets/generator/settings.ts';

/** People who chat, at a steady rate with gusts. */
export function validationTraffic(seed: number, requests: number, hours: number): GeneratorInput {
  return {
    seed,
    requests,
    hours,
    gaps: { family: 'gamma', cv: 1.2 },
    day: { kind: 'flat' },
    bursts: { perHour: 4, meanSeconds: 60, factor: 2 },
    zipfExponent: 0,
    clients: [
      {
        name: 'people',
        sessions: { share: 0.6, meanTurns: 4, thinkTime: { medianSeconds: 40, sigma: 0.9 } },
        systemTokens: 400,
        promptTokensMax: 16_000,
        input: { median: 250, sigma: 1.1, tailShare: 0.03, tailIndex: 1.6, max: 12_000 },
        output: { median: 120, sigma: 0.8, tailShare: 0.02, tailIndex: 2.5, max: 2_000 },
        backgroundShare: 0,
        lowPriorityShare: 0,
        highPriorityShare: 0,
        toolsShare: 0,
        imageShare: 0,
        streamShare: 0.9,
        outputLimitShare: 0.5,
      },
    ],
  };
}
