/**
 * The decision log: seven tables in one DuckDB file, the same for live traffic and for simulated runs. Rows
 * are named as their columns are, so that a query, a row and a reported difference use one word for a thing.
 */
import type {
  BalancingMode,
  DecisionCause,
  OutcomeKind,
  Priority,
  RejectCode,
  Rejection,
  RequestClass,
  SessionScope,
  SteeringMode,
  TargetState,
} from '../router/index.ts';

/** Changes whenever a reader of the old tables could not read the new ones. */
export const LOG_FORMAT_VERSION = 2;

/** The six score terms of a candidate, each in [0,1]. */
export interface TermsRow {
  readonly success: number;
  readonly first_token: number;
  readonly speed: number;
  readonly cache: number;
  readonly cost: number;
  readonly load: number;
}

/** One candidate as the decision saw it. */
export interface CandidateRow {
  readonly target: string;
  readonly state: TargetState;
  readonly rejection: Rejection | null;
  readonly score: number;
  readonly weight: number;
  readonly propensity: number;
  readonly terms: TermsRow;
}

/** One decision of the core: the choice of a target, or the finding that there is none. */
export interface DecisionRow {
  /** Position of the input that made the core decide. */
  readonly sequence: number;
  /** 0, 1, ... among the decisions of that input; a wake can make several. */
  readonly ordinal: number;
  readonly at_ms: number;
  readonly request_id: string;
  /** The attempt that was decided on, from 1. */
  readonly attempt: number;
  readonly client_key: string;
  /** Salted hash of the session's id. */
  readonly session_hash: string | null;
  readonly protocol: string;
  readonly requested_model: string;
  readonly class: RequestClass;
  readonly priority: Priority;
  readonly input_tokens_est: number;
  readonly max_output_tokens: number | null;
  readonly stream: boolean;
  readonly mode: BalancingMode;
  /** Of the policy that decided: the main one, or the canary's. */
  readonly policy_hash: string;
  readonly core_version: string;
  readonly cause: DecisionCause;
  readonly explored: boolean;
  /** The uniform draw in [0,1) behind the pick. */
  readonly draw: number;
  /** Null when no target could be chosen. */
  readonly chosen_target: string | null;
  readonly propensity: number;
  /** Number of candidates that could have been picked. */
  readonly eligible: number;
  readonly budget_pressure: number;
  readonly queued_ms: number;
  /** Why the request ended with this decision; null when a target was chosen. */
  readonly reject_code: RejectCode | null;
  /** The route of the pool that was chosen from; null when no route had a say, or no target was found. */
  readonly route: string | null;
  /** The route that the request was for. */
  readonly requested_route: string | null;
  /** Id of the pool inside the route; `forced` or `sticky` for what an instruction named. */
  readonly route_pool: string | null;
  /** Why that route, and what else spoke for one. */
  readonly route_reason: string | null;
  /** What decided: an instruction (`force`, `sticky`) or none; null when neither routes nor instructions had a say. */
  readonly steering: SteeringMode | null;
  /** Whose instructions hold for the request. */
  readonly session_scope: SessionScope | null;
  readonly candidates: readonly CandidateRow[];
}

/** One attempt's end. Sequence 17 is the `observe` input 17. */
export interface OutcomeRow {
  readonly sequence: number;
  readonly at_ms: number;
  readonly request_id: string;
  /** 0 when the client left while the request was waiting. */
  readonly attempt: number;
  readonly target: string | null;
  readonly kind: OutcomeKind;
  readonly status: number | null;
  readonly error_code: string | null;
  readonly first_token_ms: number | null;
  readonly duration_ms: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  /** For people: micro-USD / 1e6. The exact amount stands in the input's payload. */
  readonly cost_usd: number;
  readonly retry_after_ms: number | null;
}

export const INPUT_KINDS = ['configure', 'begin', 'observe', 'wake', 'order'] as const;
/** What the core was told; `configure` is its creation and always comes first. */
export type InputKind = (typeof INPUT_KINDS)[number];

/** One input of the core. All inputs in order of `sequence` repeat a run. */
export interface InputRow {
  /** 0, 1, 2, ... without a gap. */
  readonly sequence: number;
  readonly at_ms: number;
  readonly kind: InputKind;
  /** JSON text, see `payload.ts`. */
  readonly payload: string;
}

/** One version of a policy in one stage of its life. */
export interface PolicyRow {
  readonly hash: string;
  /** The policy as JSON text. */
  readonly body: string;
  readonly parent: string | null;
  readonly stage: string;
  readonly since: number;
  /** What spoke for promoting it, as JSON text. */
  readonly evidence: string | null;
}

/** The core's state after the input `sequence`. */
export interface SnapshotRow {
  readonly sequence: number;
  readonly at_ms: number;
  /** A `RouterSnapshot` as JSON text. */
  readonly body: string;
}

/** What a shadow would have decided, without effect; sequence and ordinal are those of the decision beside it. */
export interface ShadowRow {
  readonly sequence: number;
  readonly ordinal: number;
  readonly at_ms: number;
  readonly request_id: string;
  /** The attempt that was decided on, from 1. */
  readonly attempt: number;
  /** The shadow's. */
  readonly policy_hash: string;
  readonly cause: DecisionCause;
  /** Null when the shadow could have chosen none. */
  readonly chosen_target: string | null;
  readonly propensity: number;
  readonly explored: boolean;
  /** The uniform draw in [0,1) behind the pick: the same luck as that of the decision. */
  readonly draw: number;
  readonly eligible: number;
  readonly budget_pressure: number;
  /** Of the policy that decided with effect. */
  readonly real_policy_hash: string;
  readonly real_target: string | null;
  /** Both chose the same target, or none. */
  readonly agrees: boolean;
}

/** One step in the life of a policy. */
export interface TransitionRow {
  readonly at_ms: number;
  readonly promotion_id: string;
  readonly policy_hash: string;
  readonly policy_name: string;
  readonly from_stage: string;
  readonly to_stage: string;
  readonly who: string;
  readonly why: string;
}

/** The row of each table. */
export interface LogRows {
  readonly decisions: DecisionRow;
  readonly outcomes: OutcomeRow;
  readonly inputs: InputRow;
  readonly policies: PolicyRow;
  readonly snapshots: SnapshotRow;
  readonly shadows: ShadowRow;
  readonly transitions: TransitionRow;
}
export type LogTable = keyof LogRows;

const CANDIDATES = `STRUCT(target VARCHAR, state VARCHAR, rejection VARCHAR, score DOUBLE, weight DOUBLE, propensity DOUBLE,
  terms STRUCT(success DOUBLE, first_token DOUBLE, speed DOUBLE, cache DOUBLE, cost DOUBLE, load DOUBLE))[]`;

/** Columns of each table in their order, with DuckDB types; complete by construction. */
export const LOG_COLUMNS: { readonly [T in LogTable]: Readonly<Record<keyof LogRows[T], string>> } = {
  decisions: {
    sequence: 'BIGINT NOT NULL',
    ordinal: 'INTEGER NOT NULL',
    at_ms: 'DOUBLE NOT NULL',
    request_id: 'VARCHAR NOT NULL',
    attempt: 'INTEGER NOT NULL',
    client_key: 'VARCHAR NOT NULL',
    session_hash: 'VARCHAR',
    protocol: 'VARCHAR NOT NULL',
    requested_model: 'VARCHAR NOT NULL',
    class: 'VARCHAR NOT NULL',
    priority: 'VARCHAR NOT NULL',
    input_tokens_est: 'BIGINT NOT NULL',
    max_output_tokens: 'BIGINT',
    stream: 'BOOLEAN NOT NULL',
    mode: 'VARCHAR NOT NULL',
    policy_hash: 'VARCHAR NOT NULL',
    core_version: 'VARCHAR NOT NULL',
    cause: 'VARCHAR NOT NULL',
    explored: 'BOOLEAN NOT NULL',
    draw: 'DOUBLE NOT NULL',
    chosen_target: 'VARCHAR',
    propensity: 'DOUBLE NOT NULL',
    eligible: 'INTEGER NOT NULL',
    budget_pressure: 'DOUBLE NOT NULL',
    queued_ms: 'DOUBLE NOT NULL',
    reject_code: 'VARCHAR',
    route: 'VARCHAR',
    requested_route: 'VARCHAR',
    route_pool: 'VARCHAR',
    route_reason: 'VARCHAR',
    steering: 'VARCHAR',
    session_scope: 'VARCHAR',
    candidates: CANDIDATES,
  },
  outcomes: {
    sequence: 'BIGINT NOT NULL',
    at_ms: 'DOUBLE NOT NULL',
    request_id: 'VARCHAR NOT NULL',
    attempt: 'INTEGER NOT NULL',
    target: 'VARCHAR',
    kind: 'VARCHAR NOT NULL',
    status: 'INTEGER',
    error_code: 'VARCHAR',
    first_token_ms: 'DOUBLE',
    duration_ms: 'DOUBLE NOT NULL',
    input_tokens: 'BIGINT NOT NULL',
    output_tokens: 'BIGINT NOT NULL',
    cache_read_tokens: 'BIGINT NOT NULL',
    cache_write_tokens: 'BIGINT NOT NULL',
    cost_usd: 'DOUBLE NOT NULL',
    retry_after_ms: 'DOUBLE',
  },
  inputs: {
    sequence: 'BIGINT NOT NULL',
    at_ms: 'DOUBLE NOT NULL',
    kind: 'VARCHAR NOT NULL',
    payload: 'VARCHAR NOT NULL',
  },
  policies: {
    hash: 'VARCHAR NOT NULL',
    body: 'VARCHAR NOT NULL',
    parent: 'VARCHAR',
    stage: 'VARCHAR NOT NULL',
    since: 'DOUBLE NOT NULL',
    evidence: 'VARCHAR',
  },
  snapshots: { sequence: 'BIGINT NOT NULL', at_ms: 'DOUBLE NOT NULL', body: 'VARCHAR NOT NULL' },
  shadows: {
    sequence: 'BIGINT NOT NULL',
    ordinal: 'INTEGER NOT NULL',
    at_ms: 'DOUBLE NOT NULL',
    request_id: 'VARCHAR NOT NULL',
    attempt: 'INTEGER NOT NULL',
    policy_hash: 'VARCHAR NOT NULL',
    cause: 'VARCHAR NOT NULL',
    chosen_target: 'VARCHAR',
    propensity: 'DOUBLE NOT NULL',
    explored: 'BOOLEAN NOT NULL',
    draw: 'DOUBLE NOT NULL',
    eligible: 'INTEGER NOT NULL',
    budget_pressure: 'DOUBLE NOT NULL',
    real_policy_hash: 'VARCHAR NOT NULL',
    real_target: 'VARCHAR',
    agrees: 'BOOLEAN NOT NULL',
  },
  transitions: {
    at_ms: 'DOUBLE NOT NULL',
    promotion_id: 'VARCHAR NOT NULL',
    policy_hash: 'VARCHAR NOT NULL',
    policy_name: 'VARCHAR NOT NULL',
    from_stage: 'VARCHAR NOT NULL',
    to_stage: 'VARCHAR NOT NULL',
    who: 'VARCHAR NOT NULL',
    why: 'VARCHAR NOT NULL',
  },
};

export const LOG_TABLES = Object.keys(LOG_COLUMNS) as readonly LogTable[];

/** Tables that logs have not had from the beginning: one that lacks them has no rows of theirs. */
export const LATER_TABLES = ['shadows', 'transitions'] as const satisfies readonly LogTable[];

/** Several steps may fall on one moment: then the order of a policy's life tells which came first. */
const STAGES = ['draft', 'staged', 'shadow', 'canary', 'active', 'retired', 'rolled_back'];

/** What the rows of each table are ordered by, in SQL; the first is a column, of time or of sequence. */
export const LOG_ORDER: Readonly<Record<LogTable, readonly [string, ...string[]]>> = {
  decisions: ['sequence', 'ordinal'],
  outcomes: ['sequence'],
  inputs: ['sequence'],
  policies: ['since'],
  snapshots: ['sequence'],
  shadows: ['sequence', 'ordinal'],
  transitions: ['at_ms', `list_position([${STAGES.map((stage) => `'${stage}'`).join(', ')}], to_stage)`],
};

/** The one-row table that marks a file as a Token Pool log and says who wrote it. */
export const MARK_TABLE = 'token_pool_log';

/** The statements that turn an empty DuckDB file into an empty log. */
export function createLogStatements(coreVersion: string): readonly string[] {
  const tables = LOG_TABLES.map((table) => {
    const columns = Object.entries(LOG_COLUMNS[table]).map(([name, type]) => `"${name}" ${type}`);
    return `CREATE TABLE ${table} (${columns.join(', ')})`;
  });
  const quotedVersion = `'${coreVersion.replaceAll("'", "''")}'`;
  return [
    ...tables,
    `CREATE TABLE ${MARK_TABLE} (format_version INTEGER NOT NULL, core_version VARCHAR NOT NULL)`,
    `INSERT INTO ${MARK_TABLE} VALUES (${LOG_FORMAT_VERSION}, ${quotedVersion})`,
  ];
}
