import type { GeneratorInput } from './settings.ts';

/** What a profile decides; the rest (seed, number of requests, hours) is up to the user. */
export type GeneratorProfile = Omit<GeneratorInput, 'seed' | 'requests' | 'hours'>;
type ClientInput = GeneratorInput['clients'][number];

/** People at a chat page: short turns, streamed, in sessions of a few minutes. */
const WEB_CHAT: ClientInput = {
  name: 'web-chat',
  sessions: { share: 0.8, meanTurns: 5, thinkTime: { medianSeconds: 40, sigma: 0.9 } },
  systemTokens: 600,
  promptTokensMax: 32_000,
  input: { median: 90, sigma: 1.1, tailShare: 0.03, tailIndex: 1.4, max: 24_000 },
  output: { median: 220, sigma: 0.9, tailShare: 0.03, tailIndex: 2.2, max: 8_000 },
  backgroundShare: 0,
  lowPriorityShare: 0,
  highPriorityShare: 0.1,
  toolsShare: 0.1,
  imageShare: 0.06,
  streamShare: 0.95,
  outputLimitShare: 0.3,
};

/** The same people on the move: shorter, sometimes with a photo. */
const MOBILE_CHAT: ClientInput = {
  ...WEB_CHAT,
  name: 'mobile-chat',
  input: { median: 45, sigma: 1, tailShare: 0.02, tailIndex: 1.8, max: 8_000 },
  output: { median: 140, sigma: 0.8, tailShare: 0.02, tailIndex: 2.5, max: 4_000 },
  imageShare: 0.15,
};

/** A coding agent: long prompts that grow by tool results, quick turns, many of them. */
const CODING_AGENT: ClientInput = {
  name: 'coding-agent',
  protocol: 'anthropic',
  sessions: { share: 0.9, meanTurns: 14, thinkTime: { medianSeconds: 9, sigma: 1 } },
  systemTokens: 6_200,
  promptTokensMax: 180_000,
  input: { median: 700, sigma: 1.3, tailShare: 0.05, tailIndex: 1.3, max: 90_000 },
  output: { median: 260, sigma: 1, tailShare: 0.04, tailIndex: 1.9, max: 16_000 },
  backgroundShare: 0,
  lowPriorityShare: 0.05,
  highPriorityShare: 0.15,
  toolsShare: 1,
  imageShare: 0.02,
  streamShare: 1,
  outputLimitShare: 0.7,
};

/** An agent that searches and summarises: long inputs, fewer turns. */
const RESEARCH_AGENT: ClientInput = {
  ...CODING_AGENT,
  name: 'research-agent',
  protocol: 'openai',
  sessions: { share: 0.85, meanTurns: 6, thinkTime: { medianSeconds: 15, sigma: 0.8 } },
  systemTokens: 2_100,
  input: { median: 3_500, sigma: 1, tailShare: 0.05, tailIndex: 1.6, max: 120_000 },
  output: { median: 600, sigma: 0.8, tailShare: 0.03, tailIndex: 2.2, max: 16_000 },
};

/** Jobs that classify and extract: no sessions, no hurry. */
const BATCH_JOBS: ClientInput = {
  name: 'batch-jobs',
  sessions: null,
  systemTokens: 1_100,
  promptTokensMax: 120_000,
  input: { median: 1_400, sigma: 1.2, tailShare: 0.06, tailIndex: 1.2, max: 100_000 },
  output: { median: 120, sigma: 0.7, tailShare: 0.02, tailIndex: 2, max: 4_000 },
  backgroundShare: 0.85,
  lowPriorityShare: 0.7,
  highPriorityShare: 0,
  toolsShare: 0.05,
  imageShare: 0.03,
  streamShare: 0.1,
  outputLimitShare: 0.8,
};

/** The coding agent as a classifier of routes sees it: a user's word, then a loop of tools, in ever longer contexts. */
const ROUTED_AGENT: ClientInput = {
  ...CODING_AGENT,
  protocol: 'openai',
  sessions: { share: 0.9, meanTurns: 24, thinkTime: { medianSeconds: 7, sigma: 1 } },
  promptTokensMax: 240_000,
  input: { median: 900, sigma: 1.4, tailShare: 0.05, tailIndex: 1.2, max: 90_000 },
  imageShare: 0.05,
  signals: {
    userTurnShare: 0.18,
    tools: { websearch: 0.02, read: 0.4, write: 0.22, search: 0.22, other: 0.14 },
    webSearchShare: 0.03,
  },
};

/** An agent that reads up on things: searches of the web, and what it found there. */
const ROUTED_RESEARCH: ClientInput = {
  ...RESEARCH_AGENT,
  imageShare: 0.02,
  signals: {
    userTurnShare: 0.25,
    tools: { websearch: 0.45, read: 0.4, write: 0.03, search: 0.07, other: 0.05 },
    webSearchShare: 0.3,
  },
};

/** What such agents ask for in the background: titles and summaries of their sessions. */
const ROUTED_CHORES: ClientInput = {
  ...BATCH_JOBS,
  name: 'agent-chores',
  systemTokens: 300,
  backgroundShare: 1,
  toolsShare: 0,
  imageShare: 0,
  signals: {
    userTurnShare: 1,
    tools: { websearch: 0, read: 0, write: 0, search: 0, other: 1 },
    webSearchShare: 0,
  },
};

const WORKING_DAY = { kind: 'wave', peakHour: 14, amplitude: 0.6 } as const;

/** Traffic to start from, by name. */
export const GENERATOR_PROFILES = {
  chat: {
    gaps: { family: 'gamma', cv: 1.2 },
    day: WORKING_DAY,
    bursts: { perHour: 1, meanSeconds: 120, factor: 2.5 },
    zipfExponent: 0.8,
    clients: [WEB_CHAT, MOBILE_CHAT],
  },
  agents: {
    gaps: { family: 'weibull', cv: 1.8 },
    day: WORKING_DAY,
    bursts: { perHour: 2, meanSeconds: 90, factor: 3 },
    zipfExponent: 0.6,
    clients: [CODING_AGENT, RESEARCH_AGENT],
  },
  mixed: {
    gaps: { family: 'gamma', cv: 1.5 },
    day: WORKING_DAY,
    bursts: { perHour: 2, meanSeconds: 120, factor: 3 },
    zipfExponent: 0.7,
    clients: [WEB_CHAT, CODING_AGENT, BATCH_JOBS, MOBILE_CHAT, RESEARCH_AGENT],
  },
  /** An hour for the lab: three client keys, all classes, bursts to three or four times the usual rate. */
  lab: {
    gaps: { family: 'gamma', cv: 1.3 },
    day: { kind: 'flat' },
    bursts: { perHour: 5, meanSeconds: 75, factor: 4.5 },
    zipfExponent: 0.8,
    clients: [WEB_CHAT, CODING_AGENT, BATCH_JOBS],
  },
  /** For pools with routes: coding agents whose requests say what kind of turn they are. */
  coding: {
    gaps: { family: 'weibull', cv: 1.5 },
    day: WORKING_DAY,
    bursts: { perHour: 2, meanSeconds: 90, factor: 3 },
    zipfExponent: 1,
    clients: [ROUTED_AGENT, ROUTED_RESEARCH, ROUTED_CHORES],
  },
} as const satisfies Readonly<Record<string, GeneratorProfile>>;

export type GeneratorProfileName = keyof typeof GENERATOR_PROFILES;
export const GENERATOR_PROFILE_NAMES = Object.keys(GENERATOR_PROFILES) as readonly GeneratorProfileName[];
