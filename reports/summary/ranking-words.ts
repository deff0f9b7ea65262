/** A ranking in one sentence: for chart titles and for the summary. */
import type { Comparison, PairedDifference } from '../../simulator/result.ts';
import { formatPercent, formatSigned, listWords } from '../format.ts';
import type { Metric } from '../metrics.ts';
import { findPair } from './pair-verdict.ts';
import type { Ranking } from './ranking.ts';

/** Rivals that are named with their figures in one sentence. */
const EVIDENCE_MAX = 3;

/** The answer as a title, without a full stop: `b is the cheapest: $4.10 against $4.66`. */
export function rankingTitle(ranking: Ranking): string {
  const { metric, order } = ranking;
  const best = order[0];
  const worst = order[order.length - 1];
  if (best === undefined || worst === undefined) return `${metric.label}: no request was answered`;
  const bestText = metric.format(best.value);
  if (order.length === 1) return `${metric.label}: ${bestText} (${best.run.name})`;
  const worstText = metric.format(worst.value);
  const span = bestText === worstText ? `all ${bestText}` : `${bestText} to ${worstText}`;
  const { beaten, unclear, untested } = ranking;
  if (unclear.length + untested.length === 0) {
    return `${best.run.name} is ${metric.superlative}: ${metric.quote(bestText)} against ${othersSpan(ranking)}`;
  }
  if (beaten.length + unclear.length === 0) return `${metric.label}: ${span}, differences not tested`;
  if (beaten.length === 0 && untested.length === 0) return `No clear difference in ${metric.noun}: ${span}`;
  const doubts = [
    ...(unclear.length > 0 ? [`not clearly against ${fewNames(unclear)}`] : []),
    ...(untested.length > 0 ? [`not tested against ${fewNames(untested)}`] : []),
  ];
  return `${best.run.name} has the best ${metric.noun}, ${bestText}, but ${listWords(doubts)}`;
}

/** Up to two names; more are counted, so that a title stays one. */
export function fewNames(names: readonly string[]): string {
  return names.length <= 2 ? listWords(names) : `${names.length} others`;
}

/** Full sentences with the evidence, for the summary on top. */
export function rankingSentences(comparison: Comparison, ranking: Ranking): readonly string[] {
  const { metric, order } = ranking;
  const best = order[0];
  if (best === undefined) return [`No request was answered, so there is no ${metric.noun}.`];
  if (order.length === 1) return [`${best.run.name}: ${metric.noun} ${metric.format(best.value)}.`];
  const sentences: string[] = [];
  const winner = `${best.run.name} (${metric.format(best.value)})`;
  if (ranking.beaten.length > 0) {
    sentences.push(`${winner} is clearly better than ${evidence(comparison, metric, best.run.name, ranking.beaten)}.`);
  }
  if (ranking.unclear.length > 0) {
    const others = evidence(comparison, metric, best.run.name, ranking.unclear);
    sentences.push(`No clear difference between ${winner} and ${others}.`);
  }
  if (ranking.untested.length > 0) {
    sentences.push(
      `Not compared pair by pair: ${winner} and ${listWords(ranking.untested.map((name) => withValue(ranking, name)))}.`,
    );
  }
  return sentences;
}

/** Each rival with its figures; from the fourth on they are counted. */
function evidence(comparison: Comparison, metric: Metric, best: string, others: readonly string[]): string {
  const shown = others.slice(0, EVIDENCE_MAX).map((other) => against(comparison, metric, best, other));
  const rest = others.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join('; ');
}

/** `weighted ($4.66; −12.0 %, 95 % interval −$0.71 to −$0.42)`. */
function against(comparison: Comparison, metric: Metric, best: string, other: string): string {
  const pair = findPair(comparison, metric.key, best, other);
  const run = comparison.policies.find((candidate) => candidate.name === other);
  const value = run === undefined ? null : metric.value(run);
  if (pair === null || value === null) return other;
  return `${other} (${metric.format(value)}; ${differenceWords(pair, metric, value)})`;
}

/** The difference, its share of `b`'s value where that says something, and its interval. */
export function differenceWords(pair: PairedDifference, metric: Metric, valueOfB: number | null): string {
  const difference = formatSigned(pair.difference, metric.formatDifference);
  const relative =
    metric.formatDifference === metric.format && pair.difference !== null && valueOfB !== null && valueOfB > 0
      ? ` or ${formatSigned(pair.difference / valueOfB, (ratio) => formatPercent(ratio, 1))}`
      : '';
  return `difference ${difference}${relative}, ${intervalWords(pair, metric)}`;
}

/** `95 % interval −$0.71 to −$0.42`. */
export function intervalWords(pair: PairedDifference, metric: Metric): string {
  if (pair.low95 === null || pair.high95 === null) return 'no interval';
  return `95\u00a0% interval ${formatSigned(pair.low95, metric.formatDifference)} to ${formatSigned(pair.high95, metric.formatDifference)}`;
}

function othersSpan(ranking: Ranking): string {
  const others = ranking.order.slice(1).map((entry) => ranking.metric.format(entry.value));
  const first = others[0] ?? '';
  const last = others[others.length - 1] ?? '';
  return first === last ? first : `${first} to ${last}`;
}

function withValue(ranking: Ranking, name: string): string {
  const entry = ranking.order.find((candidate) => candidate.run.name === name);
  return entry === undefined ? name : `${name} (${ranking.metric.format(entry.value)})`;
}
