/** What a person's options point a notebook at. */
import { NOTEBOOKS, type NotebookEntry, type NotebookInput, type NotebookName } from '../../../notebooks/catalogue.ts';
import type { NotebookData } from '../../../notebooks/tables/notebook-data.ts';
import { BadInput } from '../../config/bad-input.ts';
import { nearestName } from '../../config/nearest-name.ts';
import { loadPolicy } from '../../config/load-policy.ts';
import { loadScenario } from '../../config/load-scenario.ts';
import { isLogPath, withLogAsTrace } from '../log-as-trace.ts';
import { readTrace } from '../read-inputs.ts';
import { trafficOf } from './replayed-traffic.ts';

export type NotebookFiles = Readonly<Partial<Record<NotebookInput, string>>>;

/**
 * The notebook of this name.
 *
 * @throws BadInput when there is none
 */
export function notebookNamed(name: string): NotebookEntry & { readonly name: NotebookName } {
  const found = NOTEBOOKS.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = NOTEBOOKS.map((entry) => entry.name);
  const near = nearestName(name, names);
  throw new BadInput(
    `notebook "${name}": there is none of that name${near === null ? '' : `; did you mean ${near}?`}; there are ${names.join(', ')}, and all`,
  );
}

/**
 * @param files by the option that named them; at least one
 * @throws BadInput when the notebook does not read one of them, or lacks one that it needs
 */
export async function ownData(name: NotebookName, files: NotebookFiles, seed: number): Promise<NotebookData> {
  const { needs, takes } = notebookNamed(name);
  const reads = [...needs, ...takes];
  const given = Object.keys(files) as NotebookInput[];
  const foreign = given.find((input) => !reads.includes(input));
  if (foreign !== undefined) {
    throw new BadInput(
      `--${foreign}: the notebook ${name} does not read that; it reads ${reads.map((input) => `--${input}`).join(', ')}`,
    );
  }
  const file = (input: NotebookInput): string => {
    const path = files[input];
    if (path === undefined) throw new BadInput(`notebook ${name}: needs --${input} too, ${WHAT[input]}`);
    return path;
  };
  switch (name) {
    case 'ranked-vs-weighted':
      return { name, run: file('run') };
    case 'why-this-target':
      return { name, log: file('log') };
    case 'can-i-trust-it':
      return {
        name,
        fit: file('fit'),
        run: files.run ?? null,
        estimate: files.estimate ?? null,
        measured: files.measured ?? null,
      };
    case 'what-if':
      return ownTraffic(file('trace'), file('scenario'), files.policy ?? 'ranked', seed);
  }
}

const WHAT: Readonly<Record<NotebookInput, string>> = {
  run: 'a result of tokenpool compare --out',
  log: 'a decision log',
  fit: 'a result of tokenpool calibrate --result',
  estimate: 'a result of tokenpool estimate --out',
  measured: 'a decision log',
  trace: 'a trace or a decision log',
  scenario: 'a scenario, for example of tokenpool calibrate --out',
  policy: 'a policy',
};

async function ownTraffic(path: string, scenarioName: string, policyName: string, seed: number): Promise<NotebookData> {
  const { scenario } = loadScenario(scenarioName);
  const policy = loadPolicy(policyName);
  const traffic = (await isLogPath(path))
    ? await withLogAsTrace(
        path,
        () => undefined,
        (trace) => trafficOf(trace, [scenario], policy, seed),
      )
    : await trafficOf(await readTrace(path), [scenario], policy, seed);
  return { name: 'what-if', traffic };
}
