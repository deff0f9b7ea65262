import { bootstrapInterval, createResampling } from '../../statistics/block-bootstrap.ts';
import type { WeatherSpan, WeatherState } from '../../twins/weather.ts';
import type { Estimate } from '../estimate.ts';
import { timeIn } from './weather-spans.ts';

/** Blocks of the bootstrap: as many as may be, each longer than the usual spell of trouble. */
const BLOCKS_MIN = 10;
const BLOCKS_MAX = 200;
const BLOCK_MS_MIN = 10 * 60_000;
const SPELLS_PER_BLOCK = 2;

/** How finely the attempts let changes of weather be seen. */
export interface Resolution {
  /** How far off a change between up and this state may be, ms. */
  readonly changeMs: number;
  /** The longest spell of the state that may well be overlooked, ms. */
  readonly overlookedMs: number;
}

/**
 * The share of the spans' time in a state. The interval is that of a block bootstrap over time, widened by how far off
 * the changes may be; where the state was never seen, it reaches up to one spell that may have been overlooked.
 *
 * Spells of trouble are rare: with one or two of them in a log the interval tells how well the log's own share is known
 * and is far too narrow for the share of other months.
 */
export function shareOfTime(
  spans: readonly WeatherSpan[],
  state: WeatherState,
  resolution: Resolution,
  seed: number,
): Estimate {
  const fromMs = spans[0]!.startMs;
  const untilMs = spans.at(-1)!.endMs;
  const spanMs = untilMs - fromMs;
  const own = spans.filter((span) => span.state === state);
  if (own.length === 0) return { value: 0, low95: 0, high95: Math.min(1, resolution.overlookedMs / spanMs) };

  const spellMs = timeIn(spans, state, fromMs, untilMs) / own.length;
  const blockMs = Math.max(BLOCK_MS_MIN, SPELLS_PER_BLOCK * spellMs);
  const blocks = Math.min(BLOCKS_MAX, Math.max(BLOCKS_MIN, Math.floor(spanMs / blockMs)));
  const numerators = timeByBlock(own, fromMs, spanMs / blocks, blocks);
  const denominators = new Float64Array(blocks).fill(spanMs / blocks);
  const { value, low95, high95 } = bootstrapInterval(
    { kind: 'ratio', numerators, denominators },
    createResampling(blocks, seed),
  );
  const changes = own.reduce(
    (count, { startMs, endMs }) => count + (startMs > fromMs ? 1 : 0) + (endMs < untilMs ? 1 : 0),
    0,
  );
  const blur = (Math.sqrt(changes) * resolution.changeMs) / spanMs;
  return {
    value: value ?? 0,
    low95: low95 === null ? null : Math.max(0, low95 - blur),
    high95: high95 === null ? null : Math.min(1, Math.max(high95, value ?? 0) + blur),
  };
}

function timeByBlock(spans: readonly WeatherSpan[], fromMs: number, blockMs: number, blocks: number): Float64Array {
  const timeMs = new Float64Array(blocks);
  for (const { startMs, endMs } of spans) {
    const last = Math.min(blocks - 1, Math.floor((endMs - fromMs) / blockMs));
    for (let block = Math.max(0, Math.floor((startMs - fromMs) / blockMs)); block <= last; block++) {
      const blockStartMs = fromMs + block * blockMs;
      timeMs[block]! += Math.max(0, Math.min(endMs, blockStartMs + blockMs) - Math.max(startMs, blockStartMs));
    }
  }
  return timeMs;
}
