/** Fits everything that some rows of a log say of their providers, and puts it together as a scenario. */
import type { PoolDefinition, Prices } from '../../src/router/pool.ts';
import type { Scenario, TwinDefinition } from '../scenario.ts';
import type { AttemptTable, RowSubset } from './attempt-table.ts';
import type { CalibratedTwin } from './calibration.ts';
import type { TroubleFit } from './fitted-twin.ts';
import { fitLatency } from './latency/fit-latency.ts';
import { poolOfTargets } from './pool-of-targets.ts';
import { fitPrices, type KnownPrices } from './prices/fit-prices.ts';
import { fitPromptCache } from './prompt-cache/fit-prompt-cache.ts';
import { fitRateLimit } from './rate-limit/fit-rate-limit.ts';
import { mergeRateLimits } from './rate-limit/merge-rate-limits.ts';
import { fitErrors } from './trouble/fit-errors.ts';
import { fitTrouble } from './trouble/fit-trouble.ts';
import { isFairRows } from './trouble/fair-rows.ts';

export interface FitSettings {
  readonly table: AttemptTable;
  /** The pool that the log was written with; null for a log that says nothing of one. */
  readonly pool: PoolDefinition | null;
  readonly knownPrices: KnownPrices;
  /** What a twin is that nobody has ever asked. */
  readonly unseenTwin: (provider: string, model: string, prices: Prices) => TwinDefinition;
  readonly name: string;
  readonly seed: number;
  readonly onStep: (step: string) => void;
}

export interface FittedScenario {
  readonly scenario: Scenario;
  readonly twins: readonly CalibratedTwin[];
  readonly troubles: readonly TroubleFit[];
  readonly notes: readonly string[];
}

const HOUR_MS = 3_600_000;
const HOURS_PER_DAY = 24;

/** @param rows ascending, from the first of the log on, because limits and caches depend on all that went before */
export function fitScenario(settings: FitSettings, rows: RowSubset): FittedScenario {
  const { table, knownPrices, seed, onStep } = settings;
  const providers = [...new Set(table.twins.map(({ provider }) => provider))];
  const troubles = providers.map((provider) => {
    onStep(`trouble of ${provider}`);
    return fitTrouble(table, rows, provider, seed);
  });
  const isFair = isFairRows(table, troubles);
  const twins = table.twins.map(({ provider, model }, twin): CalibratedTwin => {
    onStep(`${provider} ${model}`);
    const poolPrices = pricesIn(settings.pool, provider, model);
    return {
      provider,
      model,
      attempts: rows.reduce((count, row) => count + (table.targets[table.target[row]!]!.twin === twin ? 1 : 0), 0),
      latency: fitLatency(table, rows, twin, isFair, seed),
      errors: fitErrors(table, rows, twin, isFair),
      rateLimit: mergeRateLimits(
        table.targets.flatMap((target, index) => (target.twin === twin ? [fitRateLimit(table, rows, index)] : [])),
      ),
      prices: fitPrices(table, rows, twin, poolPrices, knownPrices),
      promptCache: fitPromptCache(table, rows, twin),
    };
  });
  const { scenario, notes } = assemble(settings, twins, troubles);
  const { named, ofAll } = nameNotes(twins);
  return { scenario, twins: named, troubles, notes: [...notes, ...ofAll] };
}

/** Notes on latency say whose they are, and what holds of every twin is said once. */
function nameNotes(twins: readonly CalibratedTwin[]): {
  readonly named: readonly CalibratedTwin[];
  readonly ofAll: readonly string[];
} {
  const [first] = twins;
  const ofAll =
    twins.length < 2 || first === undefined
      ? []
      : first.latency.notes.filter((note) => twins.every(({ latency }) => latency.notes.includes(note)));
  const named = twins.map((twin) => {
    const own = twin.latency.notes.filter((note) => !ofAll.includes(note));
    return {
      ...twin,
      latency: { ...twin.latency, notes: own.map((note) => `${twin.provider} ${twin.model}: ${note}`) },
    };
  });
  return { named, ofAll };
}

function assemble(
  { table, pool, unseenTwin, name }: FitSettings,
  fitted: readonly CalibratedTwin[],
  troubles: readonly TroubleFit[],
): { readonly scenario: Scenario; readonly notes: readonly string[] } {
  const ofLog = pool ?? poolOfTargets(table, (twin) => fitted[twin]!.prices.prices);
  const notes: string[] = [];
  const wanted = new Map(
    ofLog.targets
      .filter(({ retiring }) => retiring !== true)
      .map((target) => [`${target.provider} ${target.model}`, target]),
  );
  const twins = [...wanted.values()].map(({ provider, model, prices }) => {
    const found = fitted.find((twin) => twin.provider === provider && twin.model === model);
    if (found !== undefined) return definitionOf(found);
    notes.push(
      `${provider} ${model}: the log has no attempt there, so its twin is the default one, not a fitted one; do not believe what goes there`,
    );
    return unseenTwin(provider, model, prices);
  });
  const known = new Set(ofLog.providers.map(({ id }) => id));
  return {
    notes,
    scenario: {
      name,
      description: `Fitted to ${table.rows} attempts of ${table.name}.`,
      pool: withoutRetired(ofLog),
      twins,
      weather: troubles.flatMap(({ provider, weather }) =>
        weather === null || !known.has(provider) ? [] : [roundedDeep(weather)],
      ),
      faults: [],
      clients: {
        firstTokenTimeoutMs: null,
        totalTimeoutMs: null,
        sessions: 'open',
        thinkTime: { medianMs: 10_000, sigma: 1 },
      },
      startHour: table.startedAtMs === null ? 0 : rounded((table.startedAtMs / HOUR_MS) % HOURS_PER_DAY),
    },
  };
}

function definitionOf({ provider, model, latency, errors, rateLimit, prices, promptCache }: CalibratedTwin) {
  return roundedDeep<TwinDefinition>({
    provider,
    model,
    firstToken: latency.firstToken,
    coldStart: latency.coldStart,
    interToken: latency.interToken,
    errors: errors.errors,
    rateLimit: rateLimit.rateLimit,
    prices: prices.prices,
    promptCache: promptCache.promptCache,
  });
}

function pricesIn(pool: PoolDefinition | null, provider: string, model: string): Prices | null {
  return pool?.targets.find((target) => target.provider === provider && target.model === model)?.prices ?? null;
}

/** What was on its way out when the log ended is not there for the next run. */
function withoutRetired(pool: PoolDefinition): PoolDefinition {
  const stays = ({ retiring }: { readonly retiring?: true }): boolean => retiring !== true;
  return {
    ...pool,
    targets: pool.targets.filter(stays),
    keys: pool.keys.filter(stays),
    providers: pool.providers.filter(stays),
  };
}

const DIGITS = 6;

/** To six significant digits: a file is for people too, and what is judged must be what the file says. */
function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

function roundedDeep<T>(value: T): T {
  if (typeof value === 'number') return rounded(value) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => roundedDeep(each)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, roundedDeep(each as unknown)])) as T;
}
