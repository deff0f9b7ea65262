/** What is fitted for one twin and for one provider, with what speaks for it. Plain data: it goes into the result as JSON. */
import type { ProviderWeather, TwinDefinition } from '../scenario.ts';
import type { WeatherSpan } from '../twins/weather.ts';
import type { Estimate } from './estimate.ts';

/** A family of distributions that was tried for the residual of the first token, and how far it is from the data. */
export interface FamilyTrial {
  readonly family: 'empirical' | 'lognormal-mixture' | 'lognormal' | 'gamma' | 'exponential';
  /** Kolmogorov-Smirnov distance on rows that the family was not fitted on; null when it could not be fitted. */
  readonly ks: number | null;
  readonly isChosen: boolean;
}

/** How long a twin takes. */
export interface LatencyFit {
  readonly firstToken: TwinDefinition['firstToken'];
  readonly coldStart: TwinDefinition['coldStart'];
  readonly interToken: TwinDefinition['interToken'];
  readonly intervals: {
    /** Median first token at 1,000 uncached tokens without load, ms. */
    readonly firstTokenMedianMs: Estimate;
    readonly b1: Estimate;
    readonly load: Estimate;
    readonly driftSigma: Estimate;
    readonly coldStartProbability: Estimate;
    readonly interTokenMs: Estimate;
    /** What each further attempt in flight adds to the time per token, ms. */
    readonly interTokenLoadMs: Estimate;
    readonly interTokenSigma: Estimate;
  };
  readonly families: readonly FamilyTrial[];
  /** First tokens that were seen, */
  readonly observed: number;
  /** and those of which only a lower bound is known, because somebody's patience ended. */
  readonly censored: number;
  /** What a person should know, one line each: too few rows, no streams, ... */
  readonly notes: readonly string[];
}

/** How a provider fails, over all its keys and models. */
export interface TroubleFit {
  readonly provider: string;
  /** Null: no trouble that lasted was seen. */
  readonly weather: ProviderWeather | null;
  /** The states that were found in the rows given, in order, without a gap; times as in the table. */
  readonly spans: readonly WeatherSpan[];
  readonly intervals: {
    /** Long-run shares of time. */
    readonly degradedShare: Estimate;
    readonly downShare: Estimate;
  } | null;
  readonly notes: readonly string[];
}

/** How single attempts at a twin fail while its provider is up. */
export interface ErrorFit {
  readonly errors: TwinDefinition['errors'];
  readonly intervals: {
    readonly serverError: Estimate;
    readonly connectTimeout: Estimate;
    readonly midStreamAbort: Estimate;
  };
  readonly notes: readonly string[];
}

export interface RateLimitFit {
  readonly rateLimit: TwinDefinition['rateLimit'];
  readonly intervals: { readonly requestsPerMinute: Estimate | null; readonly tokensPerMinute: Estimate | null };
  /** 429s in the rows. */
  readonly limited: number;
  /** There are 429s, but too few to tell a limit from. */
  readonly tooFew: boolean;
  readonly notes: readonly string[];
}

export interface PriceFit {
  readonly prices: TwinDefinition['prices'];
  readonly source: 'pool' | 'genai-prices' | 'fitted';
  /** Of the fitted ones alone; micro-USD per token. */
  readonly intervals: {
    readonly input: Estimate;
    readonly output: Estimate;
    readonly cacheRead: Estimate | null;
  } | null;
  /** Mean of |cost of the row by these prices / its logged cost - 1|, over rows with a cost; null without any. */
  readonly relativeError: number | null;
  readonly notes: readonly string[];
}

export interface PromptCacheFit {
  readonly promptCache: TwinDefinition['promptCache'];
  /** Input tokens read from the cache / input tokens, of the rows. */
  readonly readRatio: number;
  readonly notes: readonly string[];
}
