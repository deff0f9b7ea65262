import * as z from 'zod';
import type { Prices } from '../router/pool.ts';
import { closedObject } from './closed-object.ts';

const usdPerMillion = z.number().min(0);

/** What a model costs, in the unit of price lists: USD per million tokens. */
export const priceSchema = closedObject({
  inputUsdPerMillion: usdPerMillion,
  outputUsdPerMillion: usdPerMillion,
  cacheReadUsdPerMillion: usdPerMillion.optional().meta({ description: 'Default: the price of input' }),
  cacheWriteUsdPerMillion: usdPerMillion.optional().meta({ description: 'Default: the price of input' }),
});

export type PriceForm = z.output<typeof priceSchema>;

/** The same prices per token: USD per million tokens is micro-USD per token. */
export function toPrices(form: PriceForm): Prices {
  return {
    inputMicroUsdPerToken: form.inputUsdPerMillion,
    outputMicroUsdPerToken: form.outputUsdPerMillion,
    cacheReadMicroUsdPerToken: form.cacheReadUsdPerMillion ?? form.inputUsdPerMillion,
    cacheWriteMicroUsdPerToken: form.cacheWriteUsdPerMillion ?? form.inputUsdPerMillion,
  };
}
