/**
 * Payloads of the `inputs` table. JSON repeats a double bit for bit except -0 and the infinities: these are
 * written as `-0` and `1e999`, which are JSON and which `JSON.parse` reads back as what they were.
 */
import type { AttemptOutcome, Canary, OperatorOrder, Policy, PoolDefinition, RouterRequest } from '../router/index.ts';
import type { InputKind } from './schema.ts';

/**
 * How the core came to be what a `configure` says. `fresh`: a new router without a past. `restored`: it goes on
 * where the log stood: at the snapshot of the same sequence or, where there is none, where the inputs before it
 * lead; `reloaded`: a running router was given another pool or policy.
 */
export type ConfigureStart = 'fresh' | 'restored' | 'reloaded';

/** The canary that a `configure` puts in force. */
export interface ConfiguredCanary extends Canary {
  readonly policyName: string;
  readonly policyHash: string;
}

/** All that is needed to create the router that the log speaks of. */
export interface ConfigurePayload {
  readonly pool: PoolDefinition;
  readonly policy: Policy;
  readonly policyName: string;
  readonly policyHash: string;
  readonly seed: number;
  readonly coreVersion: string;
  /** `fresh` when left out, as in simulated runs: they configure once. */
  readonly start?: ConfigureStart;
  /** Null, or left out: there is none. */
  readonly canary?: ConfiguredCanary | null;
}

/** What each kind of input carries. A `begin` holds the session's salted hash in place of its id. */
export interface InputPayloads {
  readonly configure: ConfigurePayload;
  readonly begin: RouterRequest;
  readonly observe: AttemptOutcome;
  readonly wake: Readonly<Record<string, never>>;
  readonly order: OperatorOrder;
}

/** An input with its payload, tagged by kind. */
export type LogInput = {
  readonly [K in InputKind]: {
    readonly sequence: number;
    readonly atMs: number;
    readonly kind: K;
    readonly payload: InputPayloads[K];
  };
}[InputKind];

/**
 * JSON text that `JSON.parse` turns back into an equal value, every double included.
 *
 * @throws Error on NaN, which JSON cannot say.
 */
export function encodePayload(value: unknown): string {
  return needsOwnNumbers(value) ? encodeExactly(value) : JSON.stringify(value);
}

// JSON.stringify is several times faster than a walk of our own, and the numbers it spoils are rare.
function needsOwnNumbers(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value) || Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(needsOwnNumbers);
  for (const key in value) {
    if (needsOwnNumbers((value as Record<string, unknown>)[key])) return true;
  }
  return false;
}

function encodeExactly(value: unknown): string {
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(encodeExactly).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${encodeExactly(member)}`).join(',')}}`;
}

function encodeNumber(value: number): string {
  if (Number.isNaN(value)) throw new Error('a payload of the log holds NaN');
  if (Object.is(value, -0)) return '-0';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '1e999' : '-1e999';
}
