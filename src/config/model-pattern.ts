/** The parts of a target that a pattern can name. */
export interface TargetName {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
}

/**
 * Whether a pattern of `modelAliases` names a target. A pattern is `*`, a model id, `provider.model` or
 * `provider.key.model`. Models may contain dots, so the pattern is compared as a whole and never split; where
 * it can be read in two ways, it means both.
 */
export function matchesPattern(target: TargetName, pattern: string): boolean {
  return (
    pattern === '*' ||
    pattern === target.model ||
    pattern === `${target.provider}.${target.model}` ||
    pattern === target.id
  );
}
