import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Scenario } from '../../simulator/scenario.ts';
import { BadInput } from './bad-input.ts';
import { contentHash } from './content-hash.ts';
import { expandScenario, scenarioSchema } from './scenario-schema.ts';
import { readYamlFile, validateFile, validateValue } from './yaml-file.ts';

/** A scenario with the file it came from and the hash under which results keep it. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  /** SHA-256 (hex) of the expanded scenario: files that mean the same have the same hash. */
  readonly hash: string;
  readonly path: string;
}

/** The scenarios that come with Token Pool. */
export const BUILT_IN_SCENARIOS = ['calm-day', 'provider-outage', 'tight-budget', 'agent-routes'] as const;

/** Relative to this module, so that the names work from any folder. */
const SCENARIO_FOLDER = new URL('../../simulator/scenarios/', import.meta.url);

/**
 * A built-in scenario by its name (one of {@link BUILT_IN_SCENARIOS}), or a YAML or JSON file by its path.
 *
 * @throws BadInput when it is neither, or when the file is not a scenario (place, path, reason)
 */
export function loadScenario(nameOrPath: string): LoadedScenario {
  const path = scenarioPath(nameOrPath);
  const scenario = expandScenario(validateFile(readYamlFile(path), scenarioSchema));
  return { scenario, hash: contentHash(scenario), path };
}

/**
 * A scenario from data of the same form as the file.
 *
 * @param name what the data is, for messages
 * @throws BadInput naming the first field that is wrong
 */
export function parseScenario(name: string, value: unknown): Scenario {
  return expandScenario(validateValue(name, value, scenarioSchema));
}

function scenarioPath(nameOrPath: string): string {
  if ((BUILT_IN_SCENARIOS as readonly string[]).includes(nameOrPath)) {
    return fileURLToPath(new URL(`${nameOrPath}.scenario.yaml`, SCENARIO_FOLDER));
  }
  if (existsSync(nameOrPath)) return nameOrPath;
  throw new BadInput(
    `scenario "${nameOrPath}": neither a file nor a built-in scenario; built in are ${BUILT_IN_SCENARIOS.join(', ')}`,
  );
}
