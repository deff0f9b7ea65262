import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_SCENARIOS, loadScenario, parseScenario } from '../../src/config/load-scenario.ts';
import { scenarioFormOf } from '../../src/config/scenario-form.ts';
import { parse } from 'yaml';

describe('the form of a scenario', () => {
  it.each(BUILT_IN_SCENARIOS)('of %s is read as that scenario again, through YAML', (name) => {
    const { scenario } = loadScenario(name);
    const text = stringify(scenarioFormOf(scenario), { aliasDuplicateObjects: false });
    expect(parseScenario(name, parse(text))).toEqual(scenario);
  });

  it('keeps swings, hours and the hour at which it starts', () => {
    const { scenario } = loadScenario('calm-day');
    const [first, ...others] = scenario.twins;
    const changed = {
      ...scenario,
      startHour: 13.25,
      twins: [
        {
          ...first!,
          firstToken: {
            ...first!.firstToken,
            drift: { sigma: 0.2, halfLifeMs: 240_000 },
            hourFactors: Array.from({ length: 24 }, (_, hour) => 1 + hour / 100),
          },
        },
        ...others,
      ],
    };
    expect(parseScenario('changed', JSON.parse(JSON.stringify(scenarioFormOf(changed))))).toEqual(changed);
  });
});
