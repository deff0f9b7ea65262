/** The plain-words summary on top: one verdict, three answers with their evidence, and what to be careful of. */
import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import { formatCount, formatMs, formatPercent, formatUsd, listWords, plural } from '../format.ts';
import { COST, FIRST_TOKEN_P95, SUCCESS, type Metric } from '../metrics.ts';
import { FEW_BLOCKS, findPair, verdictOf } from './pair-verdict.ts';
import { fewNames, rankingSentences } from './ranking-words.ts';
import { rankingOf, type Ranking } from './ranking.ts';

export interface Answer {
  /** `Cheaper?` */
  readonly question: string;
  /** `weighted`, `No clear difference`, `weighted, but not clearly`, ... */
  readonly answer: string;
  readonly evidence: readonly string[];
}

export interface Summary {
  readonly headline: string;
  readonly answers: readonly Answer[];
  readonly cautions: readonly string[];
}

interface Question {
  readonly question: string;
  readonly metric: Metric;
  /** Said of the best of three or more. */
  readonly claim: string;
  /** Said of the better of two; `amount` is how far ahead it is. */
  readonly duel: (amount: string) => string;
  readonly topic: string;
}

const QUESTIONS: readonly Question[] = [
  { question: 'Cheaper?', metric: COST, claim: 'costs least', duel: (amount) => `costs ${amount} less`, topic: 'cost' },
  {
    question: 'Faster?',
    metric: FIRST_TOKEN_P95,
    claim: 'answers soonest (first token, p95)',
    duel: (amount) => `answers ${amount} sooner (first token, p95)`,
    topic: 'the time to the first token',
  },
  {
    question: 'Steadier?',
    metric: SUCCESS,
    claim: 'answers the largest share of requests',
    duel: (amount) => `answers ${amount} more of the requests`,
    topic: 'the share of requests answered',
  },
];

/** Says only what the paired intervals allow; names "no clear difference" as a result. */
export function summarise(comparison: Comparison): Summary {
  const rankings = QUESTIONS.map((question) => ({ ...question, ranking: rankingOf(comparison, question.metric) }));
  return {
    headline: headlineOf(comparison, rankings),
    answers: rankings.map(({ question, ranking }) => ({
      question,
      answer: shortAnswer(ranking, comparison.policies.length),
      evidence: rankingSentences(comparison, ranking),
    })),
    cautions: cautionsOf(comparison),
  };
}

type AskedRanking = Question & { readonly ranking: Ranking };

function headlineOf(comparison: Comparison, asked: readonly AskedRanking[]): string {
  const [only, second] = comparison.policies;
  if (only === undefined) return 'No policy was run.';
  if (second === undefined) return singleHeadline(only);
  const claims = new Map<string, string[]>();
  const partly: string[] = [];
  const open: string[] = [];
  for (const entry of asked) {
    const { claim, topic, ranking } = entry;
    const best = ranking.order[0];
    if (best === undefined || ranking.beaten.length === 0) {
      open.push(topic);
      continue;
    }
    if (ranking.unclear.length + ranking.untested.length > 0) {
      partly.push(`${best.run.name} ${claim}, clearly so only against ${fewNames(ranking.beaten)}`);
    } else {
      claims.set(best.run.name, [...(claims.get(best.run.name) ?? []), claimOf(comparison, entry)]);
    }
  }
  const parts = [...[...claims].map(([name, said]) => `${name} ${listWords(said)}`), ...partly];
  if (open.length > 0) parts.push(`no clear winner in ${listWords(open, 'or')}`);
  return `${capitalised(parts.join('; '), parts.length === 1 && open.length > 0)}.`;
}

/** With two policies the claim says by how much: relative where the unit allows it, else in points. */
function claimOf(comparison: Comparison, { claim, duel, metric, ranking }: AskedRanking): string {
  const [best, other] = ranking.order;
  if (best === undefined || other === undefined || comparison.policies.length !== 2) return claim;
  const difference = findPair(comparison, metric.key, best.run.name, other.run.name)?.difference ?? null;
  if (difference === null) return claim;
  const relative = metric.formatDifference === metric.format && other.value > 0;
  return duel(
    relative ? formatPercent(Math.abs(difference) / other.value, 1) : metric.formatDifference(Math.abs(difference)),
  );
}

/** A sentence that starts with a policy's name keeps its spelling. */
function capitalised(text: string, wanted: boolean): string {
  return wanted ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

function singleHeadline(run: PolicyRun): string {
  const soon =
    run.firstTokenMs.p95 === null ? '' : `, 95\u00a0% of first tokens within ${formatMs(run.firstTokenMs.p95)}`;
  return `${run.name} answered ${formatPercent(run.successRatio, 2)} of ${plural(run.arrivals, 'request')} at ${formatUsd(run.costUsdPer1kRequests)} per 1,000${soon}. One policy was run, so nothing is compared.`;
}

function shortAnswer(ranking: Ranking, policies: number): string {
  const best = ranking.order[0];
  if (best === undefined) return 'Nothing was answered';
  if (policies === 1) return ranking.metric.format(best.value);
  if (ranking.order.length === 1) return `Only ${best.run.name} answered`;
  if (ranking.beaten.length === 0) return ranking.unclear.length > 0 ? 'No clear difference' : 'Not tested';
  if (ranking.unclear.length + ranking.untested.length === 0) return best.run.name;
  return `${best.run.name}, but not clearly ahead of all`;
}

function cautionsOf(comparison: Comparison): readonly string[] {
  const cautions: string[] = [];
  const cost = rankingOf(comparison, COST);
  const cheapest = cost.order[0];
  if (cheapest !== undefined) {
    const steadier = comparison.policies.filter((run) => {
      const pair = run === cheapest.run ? null : findPair(comparison, SUCCESS.key, cheapest.run.name, run.name);
      return pair !== null && verdictOf(pair, SUCCESS) === 'worse';
    });
    if (steadier.length > 0) {
      cautions.push(
        `${cheapest.run.name} is cheapest but answers clearly fewer requests than ${listWords(steadier.map((run) => run.name))}; an unanswered request often costs nothing.`,
      );
    }
  }
  const { askedAsAuto, requests } = comparison.trace;
  if (askedAsAuto > 0) {
    cautions.push(
      `${plural(askedAsAuto, 'request')} of ${formatCount(requests)} named models that the scenario’s pool does not have; they were asked for as “auto”, so any target could serve them.`,
    );
  }
  const silent = comparison.policies.filter((run) => run.completed === 0);
  if (silent.length > 0)
    cautions.push(`${listWords(silent.map((run) => run.name))} answered no request, so there are no times to show.`);
  const ratios = comparison.policies.map((run) => run.successRatio);
  if (ratios.length > 1 && Math.max(...ratios) - Math.min(...ratios) > 0.01) {
    cautions.push(
      'Times count answered requests only. The policies answered different shares, so a policy that fails hard requests looks quicker than it is.',
    );
  }
  const fewest = Math.min(...comparison.paired.map((pair) => pair.blocks));
  if (comparison.paired.length > 0 && fewest < FEW_BLOCKS) {
    cautions.push(
      `The intervals rest on ${plural(fewest, 'block')} of requests only; take them as rough. A longer trace narrows and firms them.`,
    );
  }
  const tests = comparison.paired.filter((pair) => pair.low95 !== null).length;
  if (tests >= 20) {
    cautions.push(
      `${tests} differences were tested, each at 95\u00a0%: about ${Math.round(tests / 20)} would look clear by chance alone even if nothing differed.`,
    );
  }
  return cautions;
}
