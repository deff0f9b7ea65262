/** The plain words on top: was a better policy found, does it keep to the limits, and what is different in it. */
import type { Constraint } from '../../src/config/objective.ts';
import type { Prediction, TuningResult } from '../../simulator/tune/tuning-result.ts';
import { formatPercent, listWords, plural } from '../format.ts';
import type { Answer, Summary } from '../summary/summary.ts';
import { changedKnobs, knobText } from './changed-knobs.ts';
import { wholeTrials } from './deciding-metrics.ts';
import { constraintWords, keepsTo, objectiveMetric, objectiveWords, worths } from './objective-metrics.ts';
import { differenceWords, predictionVerdict } from './prediction-verdict.ts';

/** Knobs named in a sentence; more are counted. */
const KNOBS_NAMED_MAX = 4;
/** From this share on, outcomes that only twins vouch for are said to be most of it. */
const TWINS_MOST = 0.5;
/** With fewer policies tried, a search has hardly begun. */
const FEW_TRIALS = 20;

export function summariseTuning(result: TuningResult): Summary {
  return {
    headline: headlineOf(result),
    answers: [betterAnswer(result), limitsAnswer(result), changesAnswer(result)],
    cautions: cautionsOf(result),
  };
}

function headlineOf({ isPartial, verdict, candidate, incumbent, why }: TuningResult): string {
  const reason = sentence(why);
  const found =
    verdict === 'better' && candidate !== null
      ? `A better policy was found: ${candidate.name} in place of ${incumbent.name}. ${reason}`
      : NOT_FOUND.test(reason)
        ? `${reason} ${incumbent.name} stays.`
        : `No better policy was found; ${incumbent.name} stays. ${reason}`;
  return `${isPartial ? 'Interrupted: this is what was known by then. ' : ''}${found}`.trim();
}

/** As the search itself may begin its reason. */
const NOT_FOUND = /^no better policy was found\b/i;

/** With a capital first and a stop last. */
function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? '' : '.'}`;
}

function betterAnswer({ verdict, objective, predicted, holdoutShare }: TuningResult): Answer {
  const sought = worths(objective.utility).map(([metric]) => metric);
  const shown = predicted.holdout.filter(({ metric }) => sought.includes(metric));
  return {
    question: 'Better?',
    answer: verdict === 'better' ? 'Yes' : 'No',
    evidence: [
      `Sought: ${objectiveWords(objective)}.`,
      ...shown.map((prediction) => `${predictionWords(prediction)}.`),
      ...(shown.length === 0
        ? ['Nothing was compared on the hold-out.']
        : [`On the last ${formatPercent(holdoutShare, 0)} of the trace, which the search never saw.`]),
    ],
  };
}

/** `Cost per 1,000 requests: −$0.41 (...), clearly better` */
function predictionWords(prediction: Prediction): string {
  const verdict = predictionVerdict(prediction);
  const clear = verdict === 'better' || verdict === 'worse' ? `, clearly ${verdict}` : ', not clear';
  return `${objectiveMetric(prediction.metric).label}: ${differenceWords(prediction)}${verdict === 'untested' ? '' : clear}`;
}

function limitsAnswer({ objective, predicted, candidate }: TuningResult): Answer {
  const question = 'Within the limits?';
  if (objective.subjectTo.length === 0) return { question, answer: 'None were set', evidence: [] };
  if (candidate === null) {
    return {
      question,
      answer: 'No policy was',
      evidence: [`Asked for: ${listWords(objective.subjectTo.map(constraintWords))}.`],
    };
  }
  const readings = objective.subjectTo.map((constraint) => ({
    constraint,
    kept: keepsTo(constraint, candidateValue(predicted.holdout, constraint)),
  }));
  const broken = readings.filter(({ kept }) => kept === false).length;
  const unknown = readings.filter(({ kept }) => kept === null).length;
  return {
    question,
    answer: broken > 0 ? `${broken} of ${readings.length} not kept` : unknown > 0 ? 'Not all seen' : 'Yes',
    evidence: readings.map(({ constraint, kept }) => {
      const { label, format } = objectiveMetric(constraint.metric);
      const word = kept === null ? 'not seen' : kept ? 'kept' : 'not kept';
      return `${label}: ${format(candidateValue(predicted.holdout, constraint))} on the hold-out, ${constraint.comparison === '<=' ? 'at most' : 'at least'} ${format(constraint.limit)} asked for: ${word}.`;
    }),
  };
}

function candidateValue(predictions: readonly Prediction[], { metric }: Constraint): number | null {
  return predictions.find((prediction) => prediction.metric === metric)?.candidate.value ?? null;
}

function changesAnswer(result: TuningResult): Answer {
  const { candidate, knobs, trials, blocks } = result;
  const changed = changedKnobs(result);
  const named = changed
    .slice(0, KNOBS_NAMED_MAX)
    .map(({ path, from, to }) => `${path} from ${knobText(from)} to ${knobText(to)}`);
  if (changed.length > KNOBS_NAMED_MAX) named.push(`${changed.length - KNOBS_NAMED_MAX} more`);
  const whole = wholeTrials(trials).length;
  return {
    question: 'What is different?',
    answer:
      candidate === null
        ? 'There is no candidate'
        : changed.length === 0
          ? 'Nothing'
          : plural(changed.length, 'number'),
    evidence: [
      ...(named.length === 0 ? [] : [`${listWords(named)}.`]),
      `${plural(trials.length, 'policy', 'policies')} tried over ${plural(knobs.length, 'knob')}, ${whole} of them on ${Math.max(0, ...trials.map(({ blocksSeen }) => blocksSeen)) >= blocks ? 'all of the train part' : 'the most of it that any saw'}.`,
    ],
  };
}

function cautionsOf(result: TuningResult): readonly string[] {
  const { isPartial, tiers, trials, predicted } = result;
  const cautions: string[] = [];
  if (isPartial) {
    cautions.push(
      'The search was interrupted. What it had not tried by then may be better; run the command again for the rest.',
    );
  }
  if (trials.length < FEW_TRIALS) {
    cautions.push(`Only ${plural(trials.length, 'policy', 'policies')} were tried; a longer search may find more.`);
  }
  const ahead = aheadOfCandidate(result);
  if (ahead.length > 0) {
    cautions.push(
      `${listWords(ahead)} ${ahead.length === 1 ? 'keeps' : 'keep'} within the limits and ${ahead.length === 1 ? 'is' : 'are'} worth more than the candidate on the part that was searched: look at ${ahead.length === 1 ? 'it' : 'them'} first.`,
    );
  }
  const flattered = predicted.train.filter((train) => isFlattered(train, predicted.holdout));
  if (flattered.length > 0) {
    cautions.push(
      `${listWords(flattered.map(({ metric }) => objectiveMetric(metric).label))}: ahead on the part that was searched, not clearly so on the hold-out. Some of what the search found was that part’s luck.`,
    );
  }
  if (tiers.T3 > TWINS_MOST) {
    cautions.push(
      `${formatPercent(tiers.T3, 0)} of the candidate’s requests rest on what twins say, not on logged outcomes; it is as good as the twins are.`,
    );
  }
  return cautions;
}

/** Policies with a name that the search could have had for the asking. */
function aheadOfCandidate({ candidate, compared, objective }: TuningResult): readonly string[] {
  const utility = ({ metrics }: TuningResult['compared'][number]): number =>
    worths(objective.utility).reduce((sum, [metric, worth]) => sum + worth * (metrics[metric] ?? NaN), 0);
  const own = compared.find(({ policyHash }) => policyHash === candidate?.policyHash);
  if (own === undefined) return [];
  return compared
    .filter((policy) => policy.isFeasible && policy !== own && utility(policy) > utility(own))
    .map(({ name }) => name);
}

/** Clearly better where it was searched for, and no longer so where it was not. */
function isFlattered(train: Prediction, holdout: readonly Prediction[]): boolean {
  const later = holdout.find(({ metric }) => metric === train.metric);
  return later !== undefined && predictionVerdict(train) === 'better' && predictionVerdict(later) !== 'better';
}
