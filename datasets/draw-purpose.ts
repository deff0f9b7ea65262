import { DRAW_PURPOSE_OUTSIDE_ROUTER } from '../src/router/keyed-draw.ts';

const FIRST = DRAW_PURPOSE_OUTSIDE_ROUTER + 1_000;

/** What each keyed draw of the datasets is for; the simulator's purposes lie below these. */
export const DATASET_DRAW = {
  mooncakeJitter: FIRST,
  serveGenGap: FIRST + 1,
  serveGenGapSpread: FIRST + 2,
  serveGenCount: FIRST + 3,
  serveGenOffset: FIRST + 4,
  serveGenInput: FIRST + 5,
  serveGenOutput: FIRST + 6,
  serveGenBorrow: FIRST + 7,
  gap: FIRST + 20,
  gapBoost: FIRST + 21,
  burstGap: FIRST + 22,
  burstLength: FIRST + 23,
  client: FIRST + 24,
  sessionStart: FIRST + 25,
  turns: FIRST + 26,
  thinkTime: FIRST + 27,
  input: FIRST + 28,
  output: FIRST + 29,
  background: FIRST + 30,
  priority: FIRST + 31,
  tools: FIRST + 32,
  image: FIRST + 33,
  stream: FIRST + 34,
  maxOutput: FIRST + 35,
  maxOutputRoom: FIRST + 36,
} as const;
