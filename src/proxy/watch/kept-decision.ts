import {
  SCORE_TERMS,
  type CandidateExplanation,
  type Decision,
  type Rejection,
  type ScoreTerm,
  type TargetState,
} from '../../router/index.ts';

/** Words of one candidate: its target, its state and why it was rejected. */
const WORDS = 3;
/** Numbers of one candidate: score, weight, propensity and the terms. */
const NUMBERS = 3 + SCORE_TERMS.length;

/**
 * A decision as it is kept while its request is under way and among the last ones. Ten candidates are a hundred objects,
 * and every small collection of garbage has to move those that somebody holds; two lists it moves in passing.
 */
export class KeptDecision {
  readonly cause: Decision['cause'];
  readonly requestClass: Decision['requestClass'];
  readonly priority: Decision['priority'];
  readonly propensity: number;
  readonly explored: boolean;
  readonly budgetPressure: number;
  /** ms */
  readonly queuedMs: number;
  private readonly words: readonly (string | null)[];
  private readonly numbers: readonly number[];

  constructor(decision: Decision) {
    this.cause = decision.cause;
    this.requestClass = decision.requestClass;
    this.priority = decision.priority;
    this.propensity = decision.propensity;
    this.explored = decision.explored;
    this.budgetPressure = decision.budgetPressure;
    this.queuedMs = decision.queuedMs;
    const candidates = decision.candidates ?? [];
    const words = new Array<string | null>(candidates.length * WORDS);
    const numbers = new Array<number>(candidates.length * NUMBERS);
    // Loops over indices: this runs for every attempt.
    for (let index = 0; index < candidates.length; index += 1) {
      const { target, state, rejection, score, weight, propensity, terms } = candidates[index]!;
      const word = index * WORDS;
      words[word] = target;
      words[word + 1] = state;
      words[word + 2] = rejection;
      const number = index * NUMBERS;
      numbers[number] = score;
      numbers[number + 1] = weight;
      numbers[number + 2] = propensity;
      // By name, in the order of SCORE_TERMS: to look a name up in a list, and then in the terms, takes ten times as long.
      numbers[number + 3] = terms.success;
      numbers[number + 4] = terms.firstToken;
      numbers[number + 5] = terms.speed;
      numbers[number + 6] = terms.cache;
      numbers[number + 7] = terms.cost;
      numbers[number + 8] = terms.load;
    }
    this.words = words;
    this.numbers = numbers;
  }

  /** Empty when the router does not explain. */
  candidates(): CandidateExplanation[] {
    return Array.from({ length: this.words.length / WORDS }, (_, index) => this.candidate(index));
  }

  private candidate(index: number): CandidateExplanation {
    const [target, state, rejection] = this.words.slice(index * WORDS);
    const [score, weight, propensity, ...terms] = this.numbers.slice(index * NUMBERS, (index + 1) * NUMBERS);
    return {
      target: target!,
      state: state as TargetState,
      rejection: rejection as Rejection | null,
      score: score!,
      weight: weight!,
      propensity: propensity!,
      terms: Object.fromEntries(SCORE_TERMS.map((term, at) => [term, terms[at]!])) as Record<ScoreTerm, number>,
    };
  }
}
