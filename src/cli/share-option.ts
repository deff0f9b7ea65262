import { InvalidArgumentError, Option } from 'commander';

/** A commander option that takes a share as people write it: `5%` or `0.05`. */
export function shareOption(flags: string, description: string, max: number): Option {
  return new Option(flags, description).argParser((text) => {
    const percent = /^(.+)%$/.exec(text.trim());
    const number = percent?.[1] ?? text;
    const value = number.trim() === '' ? NaN : Number(number) / (percent === null ? 1 : 100);
    if (value >= 0 && value <= max) return value;
    throw new InvalidArgumentError(`It has to be a share from 0 to ${100 * max}%, such as 5% or 0.05.`);
  });
}
