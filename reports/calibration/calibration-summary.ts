/** The plain words on top: can this fit be believed, and where not. */
import type { Calibration } from '../../simulator/calibrate/calibration.ts';
import type { Goodness } from '../../simulator/calibrate/goodness/goodness.ts';
import { formatCount, formatMs, formatPercent, formatSpan, formatUsd, listWords, plural } from '../format.ts';
import type { Answer, Summary } from '../summary/summary.ts';
import { judgeGroup, VALUES_MIN, type QuantileVerdict, type TargetVerdict } from './judgement.ts';
import { formatError } from './error-text.ts';

/** Targets named in a sentence; more are counted. */
const NAMED_MAX = 3;
const HOUR_MS = 3_600_000;
const USD = 1_000_000;

export function summariseCalibration(calibration: Calibration): Summary {
  const { holdout } = calibration.goodness;
  const targets = holdout.targets.map(judgeGroup);
  return {
    headline: headlineOf(targets),
    answers: [waitAnswer(targets), failureAnswer(holdout), moneyAnswer(holdout)],
    cautions: cautionsOf(calibration, targets),
  };
}

function headlineOf(targets: readonly TargetVerdict[]): string {
  const seen = targets.filter(({ verdict }) => verdict !== 'unseen');
  if (seen.length === 0) return 'Nobody can say whether this fit holds: the rows kept back are too few to judge it by.';
  const good = seen.filter(({ verdict }) => verdict === 'within');
  const off = seen.filter(({ verdict }) => verdict === 'off');
  const unclear = seen.filter(({ verdict }) => verdict === 'unclear');
  const believed =
    good.length === seen.length
      ? `On data it has not seen, this fit can be believed${seen.length === 1 ? '' : ` for all ${seen.length} targets`}.`
      : good.length === 0
        ? 'On data it has not seen, this fit cannot be believed as it stands.'
        : `On data it has not seen, this fit can be believed for ${good.length} of the ${plural(seen.length, 'target')} with rows enough to judge them.`;
  const doubts = [
    ...(off.length === 0 ? [] : [`It is off for ${named(off, (target) => target.verdict === 'off')}.`]),
    ...(unclear.length === 0 ? [] : [`It may be off for ${named(unclear, () => true)}; more rows would tell.`]),
  ];
  const unseen = targets.length - seen.length;
  const silent = unseen === 0 ? [] : [`${plural(unseen, 'target')} had too few rows to be judged.`];
  return [believed, ...doubts, ...silent].join(' ');
}

function named(targets: readonly TargetVerdict[], withReason: (target: TargetVerdict) => boolean): string {
  const words = targets
    .slice(0, NAMED_MAX)
    .map((target) => (withReason(target) ? `${nameOf(target)} (${worstOf(target)})` : nameOf(target)));
  if (targets.length > NAMED_MAX) words.push(`${targets.length - NAMED_MAX} more`);
  return listWords(words);
}

function nameOf({ group }: TargetVerdict): string {
  return group.target ?? 'all targets';
}

/** What speaks most against a target. */
function worstOf({ quantiles, failures, verdict, metric, group }: TargetVerdict): string {
  const [worst] = quantiles.filter((quantile) => quantile.verdict === verdict).sort(byExcess);
  const what = metric?.metric === 'durationMs' ? 'duration' : 'first token';
  const { observed, simulated } = group.failureRatio;
  return [
    ...(worst === undefined ? [] : [`${what} ${worst.name} ${errorWords(worst)}`]),
    ...(failures === verdict ? [`failures ${formatPercent(simulated)} instead of ${formatPercent(observed)}`] : []),
  ].join('; ');
}

function byExcess(a: QuantileVerdict, b: QuantileVerdict): number {
  return Math.abs(b.fit?.relativeError ?? 0) / b.band - Math.abs(a.fit?.relativeError ?? 0) / a.band;
}

function errorWords({ fit, band }: QuantileVerdict): string {
  const error = fit?.relativeError ?? 0;
  return `${formatPercent(Math.abs(error))} too ${error > 0 ? 'long' : 'short'}, ${formatPercent(band, 0)} allowed`;
}

function waitAnswer(targets: readonly TargetVerdict[]): Answer {
  const judged = targets.filter(({ quantiles }) => quantiles.some(({ verdict }) => verdict !== 'unseen'));
  const within = judged.filter(({ quantiles }) =>
    quantiles.every(({ verdict }) => verdict === 'within' || verdict === 'unseen'),
  ).length;
  const worst = targets
    .flatMap((target) => target.quantiles.map((quantile) => ({ target, quantile })))
    .filter(({ quantile }) => (quantile.fit?.relativeError ?? null) !== null)
    .sort((a, b) => byExcess(a.quantile, b.quantile))[0];
  return {
    question: 'Waits?',
    answer: judged.length === 0 ? 'Not seen' : `As allowed at ${within} of ${plural(judged.length, 'target')}`,
    evidence: [
      'First token (duration where nothing was streamed) of each target: p50 within 5 %, p90 within 8 %, p99 within 15 %.',
      ...(worst === undefined
        ? []
        : [
            `Furthest: ${nameOf(worst.target)} ${worst.quantile.name}, ${formatMs(worst.quantile.fit?.simulated ?? null)} simulated, ${formatMs(worst.quantile.fit?.observed ?? null)} observed (${formatError(worst.quantile.fit?.relativeError ?? null)}).`,
          ]),
    ],
  };
}

function failureAnswer({ all, replicates }: Goodness): Answer {
  const { observed, simulated, simulatedMin, simulatedMax } = all.failureRatio;
  const memory = all.autocorrelation[0];
  return {
    question: 'Failures?',
    answer:
      observed === null || simulated === null
        ? 'Not seen'
        : `${formatPercent(simulated, 2)} simulated, ${formatPercent(observed, 2)} observed`,
    evidence: [
      ...(simulatedMin === null || simulatedMax === null
        ? []
        : [
            `Failures and timeouts of the attempts that ended. Single runs of ${replicates}: ${formatPercent(simulatedMin, 2)} to ${formatPercent(simulatedMax, 2)}.`,
          ]),
      ...(memory === undefined || memory.observed === null || memory.simulated === null
        ? []
        : [
            `From one minute to the next the failure ratio correlates with ${memory.observed.toFixed(2)}, in the simulation with ${memory.simulated.toFixed(2)}.`,
          ]),
      limitedWords(all.limited.observed, all.limited.simulated),
    ],
  };
}

function limitedWords(observed: number | null, simulated: number | null): string {
  if ((observed ?? 0) === 0 && (simulated ?? 0) === 0)
    return 'No attempt was refused with 429, nor is any in the simulation.';
  return `429s: ${formatCount(simulated === null ? null : Math.round(simulated))} simulated, ${formatCount(observed)} observed.`;
}

function moneyAnswer({ all }: Goodness): Answer {
  const { observed, simulated, difference } = all.costMicroUsd;
  const isFree = (observed ?? 0) === 0 && (simulated ?? 0) === 0;
  const share = observed === null || observed === 0 || difference === null ? null : difference / observed;
  return {
    question: 'Money?',
    answer: isFree
      ? 'Nothing was charged'
      : share === null
        ? 'Not seen'
        : Math.abs(share) < 0.000_05
          ? 'As billed'
          : `${formatPercent(Math.abs(share), 2)} too ${share > 0 ? 'much' : 'little'}`,
    evidence: isFree
      ? []
      : [
          `${formatUsd((simulated ?? 0) / USD)} simulated, ${formatUsd((observed ?? 0) / USD)} observed over the same attempts.`,
        ],
  };
}

function cautionsOf({ goodness, split }: Calibration, targets: readonly TargetVerdict[]): readonly string[] {
  const cautions: string[] = [];
  const unseen = targets.filter(({ verdict }) => verdict === 'unseen');
  if (unseen.length > 0) {
    cautions.push(
      `${listWords(unseen.slice(0, NAMED_MAX).map(nameOf))}${unseen.length > NAMED_MAX ? ` and ${unseen.length - NAMED_MAX} more` : ''}: fewer than ${VALUES_MIN} answers among the rows kept back, so nothing is said of ${unseen.length === 1 ? 'it' : 'them'}.`,
    );
  }
  const spanMs = goodness.holdout.toMs - goodness.holdout.fromMs;
  if (goodness.holdout.rows > 0 && spanMs < HOUR_MS) {
    cautions.push(
      `The rows kept back cover ${formatSpan(Math.max(1, Math.round(spanMs / 1_000) * 1_000))} only: rare trouble and the hours of the day are not tested.`,
    );
  }
  if (split.fit.rows < goodness.holdout.rows) {
    cautions.push('The fit rests on fewer rows than it is judged by; its parameters may be rough.');
  }
  const worse = goodness.validate.targets.map(judgeGroup).filter(({ group, verdict }) => {
    const later = targets.find((target) => target.group.target === group.target);
    return verdict === 'within' && (later?.verdict === 'off' || later?.verdict === 'unclear');
  });
  if (worse.length > 0) {
    cautions.push(
      `${listWords(worse.slice(0, NAMED_MAX).map(nameOf))}: good on the validation rows, worse on the later hold-out. The provider may have changed in between.`,
    );
  }
  return cautions;
}
