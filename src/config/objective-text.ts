/** What a better policy is, as it is written on the command line. */
import { BadInput } from './bad-input.ts';
import { nearestName } from './nearest-name.ts';
import { BETTER, OBJECTIVE_METRICS, type Constraint, type Objective, type ObjectiveMetric } from './objective.ts';

export interface ObjectiveTexts {
  /** A metric to bring to its better side. */
  readonly minimize?: string | undefined;
  /** `p95_first_token_ms<=1500, success>=0.995` */
  readonly subjectTo?: string | undefined;
  /** `cost=-1,p95_first_token_ms=-0.001` */
  readonly utility?: string | undefined;
}

const CONSTRAINT = /^([a-z0-9_]+)\s*(<=|>=)\s*(\S+)$/;
const WORTH = /^([a-z0-9_]+)\s*=\s*(\S+)$/;

/**
 * An objective from its texts; without any, cost is brought down while nothing else is watched but the guardrails.
 *
 * @throws BadInput that names the option and the part that is wrong
 */
export function parseObjective({ minimize, subjectTo, utility }: ObjectiveTexts): Objective {
  if (minimize !== undefined && utility !== undefined) {
    throw new BadInput('--minimize and --utility both say what is better; leave one of them out');
  }
  return {
    utility: utility === undefined ? single(minimize ?? 'cost') : parseUtility(utility),
    subjectTo: subjectTo === undefined ? [] : parts('--subject-to', subjectTo).map(parseConstraint),
  };
}

/** The objective in words, for people. */
export function objectiveText({ utility, subjectTo }: Objective): string {
  const terms = Object.entries(utility).map(([metric, worth]) => `${metric}=${worth}`);
  const limits = subjectTo.map(({ metric, comparison, limit }) => `${metric}${comparison}${limit}`);
  return `utility ${terms.join(', ')}${limits.length === 0 ? '' : `, subject to ${limits.join(', ')}`}`;
}

function single(text: string): Objective['utility'] {
  const metric = metricNamed('--minimize', text.trim());
  if (BETTER[metric] === 'higher') {
    throw new BadInput(`--minimize ${metric}: more of it is better; say --utility "${metric}=1"`);
  }
  return { [metric]: -1 };
}

function parseUtility(text: string): Objective['utility'] {
  const worths: Partial<Record<ObjectiveMetric, number>> = {};
  for (const part of parts('--utility', text)) {
    const found = WORTH.exec(part);
    if (found === null) throw new BadInput(`--utility: "${part}" is not of the form metric=worth, such as cost=-1`);
    const metric = metricNamed('--utility', found[1]!);
    if (worths[metric] !== undefined) throw new BadInput(`--utility: ${metric} stands twice; name each metric once`);
    worths[metric] = numberIn('--utility', part, found[2]!);
  }
  if (Object.values(worths).every((worth) => worth === 0)) {
    throw new BadInput(`--utility: nothing in "${text}" is worth anything`);
  }
  return worths;
}

function parseConstraint(text: string): Constraint {
  const found = CONSTRAINT.exec(text);
  if (found === null) {
    throw new BadInput(`--subject-to: "${text}" is not of the form metric<=limit or metric>=limit`);
  }
  const metric = metricNamed('--subject-to', found[1]!);
  const comparison = found[2] === '<=' ? '<=' : '>=';
  const isTowardsBetter = (BETTER[metric] === 'lower') === (comparison === '<=');
  if (!isTowardsBetter) {
    throw new BadInput(`--subject-to: "${text}" bounds ${metric} on its better side; turn the sign around`);
  }
  return { metric, comparison, limit: numberIn('--subject-to', text, found[3]!) };
}

function metricNamed(option: string, text: string): ObjectiveMetric {
  const metric = OBJECTIVE_METRICS.find((name) => name === text);
  if (metric !== undefined) return metric;
  const near = nearestName(text, OBJECTIVE_METRICS);
  throw new BadInput(
    `${option}: "${text}" is no metric${near === null ? '' : `; did you mean ${near}?`} (there are: ${OBJECTIVE_METRICS.join(', ')})`,
  );
}

function numberIn(option: string, part: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new BadInput(`${option}: "${part}": "${text}" is not a number`);
  return value;
}

function parts(option: string, text: string): string[] {
  const all = text.split(',').map((part) => part.trim());
  if (all.some((part) => part === '')) throw new BadInput(`${option}: an empty part in "${text}"`);
  return all;
}
