import { InvalidArgumentError, Option } from 'commander';

/** What a number on the command line has to be; without limits, any finite number. */
export interface NumberLimits {
  /** The least value allowed. */
  readonly min?: number;
  /** The value has to be larger than this. */
  readonly above?: number;
  /** The largest value allowed. */
  readonly max?: number;
  readonly integer?: boolean;
}

/** A commander option that takes a number; anything else is bad usage, said in one line. */
export function numberOption(flags: string, description: string, limits: NumberLimits = {}): Option {
  const { min = -Infinity, above = -Infinity, max = Infinity, integer = false } = limits;
  return new Option(flags, description).argParser((text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!Number.isFinite(value)) throw new InvalidArgumentError('It has to be a number.');
    if (integer && !Number.isSafeInteger(value)) throw new InvalidArgumentError('It has to be a whole number.');
    if (value <= above) throw new InvalidArgumentError(`It has to be above ${above}.`);
    if (value < min) throw new InvalidArgumentError(`It has to be at least ${min}.`);
    if (value > max) throw new InvalidArgumentError(`It has to be at most ${max}.`);
    return value;
  });
}
