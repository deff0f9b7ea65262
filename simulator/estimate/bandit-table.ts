/**
 * Logged decisions as a contextual bandit: in a context, one of several actions was taken with a known probability, and
 * something came of it. Columns, so that a million decisions with ten candidates each take about 250 MB.
 */

export interface BanditTable {
  readonly rows: number;
  /** Actions that there are; an action is a number below it. */
  readonly actions: number;
  /** Contexts that the direct model tells apart; a context is a number below it. */
  readonly contexts: number;
  /** In order of time. */
  readonly action: Uint16Array;
  readonly context: Uint8Array;
  /** Probability with which the log's policy took the action, in (0, 1]. */
  readonly loggedPropensity: Float64Array;
  /** Probability with which the other policy would have taken the same one, in [0, 1]. */
  readonly targetPropensity: Float64Array;
  /** Actions that the log's policy could have taken. */
  readonly eligible: Uint16Array;
  /** How much of an exploration rate applies to the row, 0 to 1: the core spares urgent requests and tight budgets. */
  readonly explorable: Float64Array;
  /**
   * What the other policy could have done: the candidates of row i stand from `candidateStart[i]` to before
   * `candidateStart[i + 1]`. Those that it would never take may be left out.
   */
  readonly candidateStart: Uint32Array;
  readonly candidateAction: Uint16Array;
  readonly candidateTarget: Float64Array;
  /** Probability under the log's policy; NaN where no exploration of it could ever have led there. */
  readonly candidateLogged: Float64Array;
}

/** Something that came of each row, beside what a model says of it; all of one length. */
export interface ModelledReward {
  readonly observed: Float64Array;
  /** The model's expectation of `observed` for the action that was taken. */
  readonly direct: Float64Array;
  /** The model's expectation under the other policy: sum over its candidates of probability x expectation. */
  readonly directValue: Float64Array;
}

/** The ratio of two expectations is what is sought: mean cost per request, mean first token per answered request. */
export interface Metric {
  readonly numerator: ModelledReward;
  /** Null: each row counts once. */
  readonly denominator: ModelledReward | null;
}
