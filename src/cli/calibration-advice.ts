/** What to do with a fit, by how its targets were judged. */
import { VALUES_MIN, type TargetVerdict, type Verdict } from '../../reports/calibration/judgement.ts';
import { listWords } from '../../reports/format.ts';

const NAMED_MAX = 3;
/** The part of a log that is kept back to judge by. */
const HOLDOUT_SHARE = 0.2;

/** One line for each kind of verdict that there is, the gravest first. */
export function calibrationAdvice(verdicts: readonly TargetVerdict[]): readonly string[] {
  const named = (verdict: Verdict): string | null => {
    const names = verdicts.flatMap((each) => (each.verdict === verdict ? [each.group.target ?? 'all'] : []));
    if (names.length === 0) return null;
    const rest = names.length - NAMED_MAX;
    return listWords(rest > 0 ? [...names.slice(0, NAMED_MAX), `${rest} more`] : names);
  };
  const off = named('off');
  const unclear = named('unclear');
  const unseen = named('unseen');
  const within = named('within');
  return [
    ...(off === null
      ? []
      : [
          `To do: decide nothing by what a replay sends to ${off}. Fit again on a longer or a newer log; what is off and by how much, the page shows.`,
        ]),
    ...(unclear === null
      ? []
      : [`To do: take figures of ${unclear} with care; a longer log would tell chance from error.`]),
    ...(unseen === null
      ? []
      : [
          `To do: log more traffic at ${unseen}: ${VALUES_MIN} answers in the last fifth, some ${Math.round(VALUES_MIN / HOLDOUT_SHARE)} in all, are needed to judge a target.`,
        ]),
    ...(within === null
      ? []
      : [
          `To do: compare policies with the scenario${off === null && unclear === null && unseen === null ? '' : ` where they differ at ${within}`}; fit again when providers or traffic change.`,
        ]),
  ];
}
