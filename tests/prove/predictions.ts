/** What the simulator says of the live proxy before it is seen: figures under another load and policy, and which policy is better. */
import { LIVE_VALIDATION, validateLive } from '../../src/cli/validate/validate-live.ts';
import { compareSigns, EFFECT_MIN, type ComparedEffect } from '../../src/cli/validate/validate-signs.ts';
import { llmperfSamples } from './llmperf-samples.ts';
import { holds, percent, type Proof } from './proof.ts';

const SEED = 1;
const SCENARIOS = 22;
const SIGNS_AGREE_MIN = 0.95;

export const predictions: Proof = {
  name: 'predictions',
  about: 'twins fitted to one live run predict another, with another load and policy',
  async run(report) {
    const samples = llmperfSamples();
    const families = samples === null ? [null] : [null, samples];
    for (const family of families) {
      const label = family === null ? 'mixtures' : 'first tokens of real providers';
      for (const check of await validateLive({ ...LIVE_VALIDATION, seed: SEED, samples: family })) {
        const figure = check.value === null ? 'not measured' : check.value.toFixed(4);
        report(
          holds(`${label}: ${check.name}`, `${figure} (${check.detail})`, `<= ${check.limit.toFixed(4)}`, check.pass),
        );
      }
    }
  },
};

export const signs: Proof = {
  name: 'signs',
  about: `which of ranked and weighted is better, in ${SCENARIOS} drawn scenarios, live (twice each) and simulated`,
  async run(report) {
    const effects = await compareSigns({
      scenarios: SCENARIOS,
      seed: SEED,
      lucks: 2,
      speed: 40,
      minutes: 14,
      requestsPerSecond: 2.5,
      onEffect: (effect) => report(effectLine(effect)),
    });
    const clear = effects.filter(({ live }) => Math.abs(live) >= EFFECT_MIN);
    const agree = clear.filter(({ live, simulated }) => Math.sign(live) === Math.sign(simulated)).length;
    const share = clear.length === 0 ? 0 : agree / clear.length;
    report(
      holds(
        'signs of effects that are clear live',
        `${agree} of ${clear.length} agree`,
        `>= ${percent(SIGNS_AGREE_MIN)}, in 20 scenarios or more`,
        share >= SIGNS_AGREE_MIN && new Set(clear.map(({ scenario }) => scenario)).size >= 20,
      ),
    );
  },
};

/** A single effect is shown, and judged with the others. */
function effectLine({ scenario, metric, live, simulated }: ComparedEffect) {
  const sees = Math.abs(live) < EFFECT_MIN || Math.sign(live) === Math.sign(simulated);
  const figure = `live ${percent(live)}, simulated ${percent(simulated)}`;
  return holds(
    `scenario ${scenario}: ${metric}`,
    sees ? figure : `${figure}: OTHER SIGN`,
    'ranked against weighted',
    true,
  );
}
