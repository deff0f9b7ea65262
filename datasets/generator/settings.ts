import * as z from 'zod';
import { closedObject } from '../../src/config/closed-object.ts';
import { validateValue } from '../../src/config/yaml-file.ts';
import { GAP_CV_RANGE, GAP_FAMILIES } from '../distributions/gaps.ts';
import { TOKENS_MAX } from '../trace-columns.ts';

/** Blocks of a prompt are numbered by owner and place; no prompt may have more of them. */
export const BLOCKS_PER_PROMPT_MAX = 4_096;

/** Requests of one trace: beyond it, numbers of blocks would leave the safe integers. */
const REQUESTS_MAX = 1_000_000_000;

const share = z.number().min(0).max(1);
const tokens = z.int().min(0).max(TOKENS_MAX);

const tokenLengths = closedObject({
  median: z.number().positive(),
  sigma: z.number().min(0).max(4),
  tailShare: z.number().min(0).max(0.5),
  tailIndex: z.number().positive().max(100),
  max: z.int().min(1).max(TOKENS_MAX),
});

const sessions = closedObject({
  /** Share of the client's requests that belong to a session; the others stand alone. */
  share: z.number().min(0).max(0.95),
  /** Mean number of requests of a session (geometric). */
  meanTurns: z.number().min(1).max(1_000),
  /** Time from one turn to the next: lognormal, median in s and sigma of its logarithm. */
  thinkTime: closedObject({ medianSeconds: z.number().positive(), sigma: z.number().min(0).max(4) }),
  /** Sessions open at once; beyond it requests stand alone. */
  openMax: z.int().min(1).max(1_000_000).default(20_000),
});

const weight = z.number().min(0).max(1_000_000);

/** How requests look to a classifier of routes: turns of users, and in between those of an agent with its tools. */
const signals = closedObject({
  /** Share of a session's later turns that a user writes; the others go on with a tool's result. */
  userTurnShare: share,
  /** What the agent had done in those others, relative to each other. */
  tools: closedObject({ websearch: weight, read: weight, write: weight, search: weight, other: weight }).refine(
    (tools) => Object.values(tools).some((each) => each > 0),
    'all are 0, so that there is none to draw',
  ),
  /** Share of the users' turns that ask for a search of the web. */
  webSearchShare: share,
});

/** What users of some sessions write into their messages to steer them. */
const instructions = closedObject({
  /** Addresses that they name; they must exist in the pool that the trace is for. */
  steerTo: z
    .array(
      z
        .string()
        .max(1_024)
        .regex(/^[^\s,;<>*!#@.][^\s,;<>*]*[^\s,;<>*.]$/, 'is no address, such as provider.model'),
    )
    .min(1)
    .max(1_000),
  /** Share of the sessions that are steered. */
  sessionShare: share,
});

const client = closedObject({
  name: z.string().min(1),
  protocol: z.string().min(1).default('openai'),
  model: z.string().min(1).default('auto'),
  sessions: sessions.nullable(),
  /** Tokens at the head of every prompt of the client: instructions and tools, the same each time. */
  systemTokens: tokens,
  /** Longest prompt; a session that reaches it ends. */
  promptTokensMax: z.int().min(1).max(TOKENS_MAX),
  /** New tokens that each request brings, besides the system prompt and the session so far. */
  input: tokenLengths,
  output: tokenLengths,
  /** Share of sessions (or single requests) declared to be background work; they do not stream. */
  backgroundShare: share,
  lowPriorityShare: share,
  highPriorityShare: share,
  toolsShare: share,
  imageShare: share,
  streamShare: share,
  /** Share of requests that name a limit for the answer. */
  outputLimitShare: share,
  /** Left out: its requests carry none. With them, `imageShare` is that of the users' turns. */
  signals: signals.optional(),
});

const day = z.discriminatedUnion('kind', [
  closedObject({ kind: z.literal('flat') }),
  /** 1 + amplitude cos(2 pi (hour - peakHour) / 24) */
  closedObject({
    kind: z.literal('wave'),
    peakHour: z.number().min(0).max(24),
    amplitude: z.number().min(0).max(0.99),
  }),
  /** A factor for each hour of the day. */
  closedObject({ kind: z.literal('hours'), factors: z.array(z.number().min(0).max(1_000)).length(24) }),
]);

const bursts = closedObject({
  perHour: z.number().positive().max(3_600),
  /** Lengths are exponential. */
  meanSeconds: z.number().positive().max(86_400),
  /** The rate is multiplied by this during a burst. */
  factor: z.number().positive().max(1_000),
});

export const generatorSchema = closedObject({
  seed: z.int().min(0),
  requests: z.int().min(1).max(REQUESTS_MAX),
  /** All requests arrive within this time. */
  hours: z
    .number()
    .positive()
    .max(24 * 366),
  /** Hour of the day at which the trace starts. */
  startHour: z.number().min(0).max(24).default(0),
  gaps: closedObject({
    family: z.enum(GAP_FAMILIES),
    /** Coefficient of variation of the time between arrivals at constant rate. */
    cv: z.number().min(GAP_CV_RANGE.min).max(GAP_CV_RANGE.max),
  }),
  day,
  bursts: bursts.nullable(),
  /** The n-th client has a share of the requests in proportion to n^-zipfExponent. */
  zipfExponent: z.number().min(0).max(10),
  prefixBlockTokens: z.int().min(1).max(TOKENS_MAX).default(512),
  clients: z.array(client).min(1).max(10_000),
  /** Left out: there are none. */
  instructions: instructions.optional(),
}).superRefine((settings, context) => {
  const names = new Set<string>();
  for (const [
    index,
    { name, promptTokensMax, systemTokens, lowPriorityShare, highPriorityShare },
  ] of settings.clients.entries()) {
    const complain = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: ['clients', index, field], message });
    if (names.has(name)) complain('name', `${name} is used twice`);
    names.add(name);
    if (systemTokens >= promptTokensMax) complain('systemTokens', 'has to be below promptTokensMax');
    if (lowPriorityShare + highPriorityShare > 1)
      complain('highPriorityShare', 'exceeds 1 together with lowPriorityShare');
    if (promptTokensMax / settings.prefixBlockTokens >= BLOCKS_PER_PROMPT_MAX) {
      complain('promptTokensMax', `has to be below ${BLOCKS_PER_PROMPT_MAX} x prefixBlockTokens`);
    }
  }
  if (settings.day.kind === 'hours' && settings.day.factors.every((factor) => factor === 0)) {
    context.addIssue({ code: 'custom', path: ['day', 'factors'], message: 'all are 0, so that nothing could arrive' });
  }
});

/** Everything that defines a generated trace. */
export type GeneratorSettings = z.output<typeof generatorSchema>;
/** Settings as a person writes them: what has a default may be left out. */
export type GeneratorInput = z.input<typeof generatorSchema>;
export type GeneratedClient = GeneratorSettings['clients'][number];

/**
 * Checks settings and fills in defaults.
 *
 * @param name where they come from, for the message
 * @throws BadInput `name: path: reason`
 */
export function checkSettings(settings: unknown, name = 'generator settings'): GeneratorSettings {
  return validateValue(name, settings, generatorSchema);
}
