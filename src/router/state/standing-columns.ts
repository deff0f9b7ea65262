/**
 * Columns of a row of `TargetStanding`. Hot files take those they read into constants of their own: V8 folds
 * a module's own constants into its code, but loads an imported one each time.
 */
export const STANDING = {
  /** The first three are score terms. */
  SUCCESS: 0,
  FIRST_TOKEN: 1,
  SPEED: 2,
  /** Recent share of input tokens read from the prompt cache, 0 to 1. */
  HIT_RATIO: 3,
  /** Factor on the score for failures and degradation, 0 to 1. */
  STEADINESS: 4,
  /** The load term. */
  LOAD: 5,
  /** Attempts in flight at the key, 1 = at its limit (or at the policy's reference when it has none). */
  BUSYNESS: 6,
  /**
   * Health, a rate limit or a full key keeps the target out until then, ms; Infinity when only an event can
   * bring it back.
   */
  OPEN_FROM_MS: 7,
  /** What the target's budgets still allow; Infinity without a budget, -1 when no further request is allowed. */
  TOKENS_LEFT: 8,
  MICRO_USD_LEFT: 9,
  /** Pressure of the target's budgets of every kind, 0 to 1. */
  PRESSURE: 10,
  /** Highest use of its money budgets, 1 = at the limit. */
  MONEY_USE: 11,
  /** Decayed mean time to first token, ms. */
  FIRST_TOKEN_MS: 12,
  /** Prices of the pool, micro-USD per token; they stand here so that a decision reads one array. */
  INPUT_PRICE: 13,
  CACHE_READ_PRICE: 14,
  OUTPUT_PRICE: 15,
  /** Numbers a row. */
  COLUMNS: 16,
} as const;
