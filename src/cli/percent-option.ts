import { InvalidArgumentError, Option } from 'commander';

const FORM = /^([+-]?(?:\d+\.?\d*|\.\d+))\s*(%?)$/;

/**
 * A commander option that takes a share, as `2%` or as 0.02; it is given on as a ratio.
 *
 * @param min the least ratio allowed
 * @param max the largest
 */
export function percentOption(flags: string, description: string, [min, max]: readonly [number, number]): Option {
  return new Option(flags, description).argParser((text) => {
    const [, digits, sign] = FORM.exec(text.trim()) ?? [];
    if (digits === undefined) throw new InvalidArgumentError('It has to be a share, such as 2% or 0.02.');
    const ratio = sign === '%' ? Number(digits) / 100 : Number(digits);
    if (ratio >= min && ratio <= max) return ratio;
    throw new InvalidArgumentError(
      `It has to be from ${min * 100}% to ${max * 100}%${sign === '%' ? '' : `, and ${digits} is ${Number((ratio * 100).toPrecision(12))}%`}.`,
    );
  });
}
