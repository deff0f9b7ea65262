/** The form in which a promotion is planned, and the plan that it means. */
import type * as z from 'zod';
import { formatCount, formatSpan } from '../../../reports/format.ts';
import { parseDuration } from '../../config/duration.ts';
import { planSchema } from '../../policies/promotion-schema.ts';
import type { PromotionPlan } from '../../policies/promotion.ts';

/** As typed. */
export interface PlanForm {
  /** Lengths: `2m`, `1h`, `90s`, or ms. */
  readonly shadowFor: string;
  readonly canaryFor: string;
  /** Of the sessions, percent. */
  readonly canaryPercent: string;
  readonly requestsMin: string;
  /** Points of the share of requests answered that the canary may be below the rest. */
  readonly successDropPoints: string;
  readonly lateFirstTokenFactor: string;
  readonly costFactor: string;
  /** Percent. */
  readonly budgetUsePercent: string;
}

export type PlanField = keyof PlanForm;

/** As `tokenpool promote` has it. */
export const USUAL_PLAN: PlanForm = {
  shadowFor: '2m',
  canaryFor: '10m',
  canaryPercent: '5',
  requestsMin: '100',
  successDropPoints: '1',
  lateFirstTokenFactor: '2',
  costFactor: '1.1',
  budgetUsePercent: '100',
};

/** What is wrong with fields, a sentence each. */
export type PlanProblems = Readonly<Partial<Record<PlanField, string>>>;

export interface PlanReading {
  /** Null as long as a field is wrong. */
  readonly plan: PromotionPlan | null;
  readonly problems: PlanProblems;
}

/** How a field stands for a value of the plan. */
interface FieldForm {
  /** Of the value in the plan. */
  readonly path: string;
  /** @throws Error in words, when the text is none */
  readonly read: (text: string) => number;
  /** A limit of the value, in the field's own unit. */
  readonly limitText: (limit: number) => string;
  /** The field counts downwards: the larger it is, the smaller is the value. */
  readonly isTurned?: boolean;
}

const PLAIN = { read: numberOf, limitText: (limit: number) => formatCount(limit) };
const PERCENT = {
  read: (text: string) => numberOf(text) / 100,
  limitText: (limit: number) => `${inHundredths(limit)} %`,
};
const LENGTH = { read: lengthOf, limitText: (limit: number) => (limit === 0 ? '0' : formatSpan(limit)) };

const FIELDS: Readonly<Record<PlanField, FieldForm>> = {
  shadowFor: { path: 'shadowForMs', ...LENGTH },
  canaryPercent: { path: 'canaryShare', ...PERCENT },
  canaryFor: { path: 'canaryForMs', ...LENGTH },
  requestsMin: { path: 'requestsMin', ...PLAIN },
  successDropPoints: {
    path: 'guards.successDropMax',
    // A zero without a sign, as it is compared and hashed.
    read: (text) => -numberOf(text) / 100 + 0,
    limitText: (limit) => `${inHundredths(-limit)} points`,
    isTurned: true,
  },
  lateFirstTokenFactor: { path: 'guards.lateFirstTokenFactorMax', ...PLAIN },
  costFactor: { path: 'guards.costFactorMax', ...PLAIN },
  budgetUsePercent: { path: 'guards.budgetUseMax', ...PERCENT },
};
const FIELD_NAMES = Object.keys(FIELDS) as PlanField[];

/** The plan, or what is wrong with the fields. Limits are those of the proxy, told in the unit of the field. */
export function readPlan(form: PlanForm): PlanReading {
  const problems: Partial<Record<PlanField, string>> = {};
  const valueOf = (name: PlanField): number => {
    try {
      return FIELDS[name].read(form[name]);
    } catch (error) {
      problems[name] = error instanceof Error ? error.message : String(error);
      return NaN;
    }
  };
  const read = planSchema.safeParse({
    shadowForMs: valueOf('shadowFor'),
    canaryShare: valueOf('canaryPercent'),
    canaryForMs: valueOf('canaryFor'),
    requestsMin: valueOf('requestsMin'),
    guards: {
      successDropMax: valueOf('successDropPoints'),
      lateFirstTokenFactorMax: valueOf('lateFirstTokenFactor'),
      costFactorMax: valueOf('costFactor'),
      budgetUseMax: valueOf('budgetUsePercent'),
    },
  });
  if (read.success) return { plan: read.data, problems };
  for (const issue of read.error.issues) {
    const path = issue.path.join('.');
    const name = FIELD_NAMES.find((each) => FIELDS[each].path === path);
    if (name !== undefined) problems[name] ??= `Expected ${expectedWords(FIELDS[name], issue)}, got "${form[name]}".`;
  }
  return { plan: null, problems };
}

function expectedWords({ limitText, isTurned }: FieldForm, issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small': {
      const limit = limitText(Number(issue.minimum));
      if (issue.inclusive === false) return `more than ${limit}`;
      return `at ${isTurned === true ? 'most' : 'least'} ${limit}`;
    }
    case 'too_big':
      return `at ${isTurned === true ? 'least' : 'most'} ${limitText(Number(issue.maximum))}`;
    default:
      return 'a whole number';
  }
}

function lengthOf(text: string): number {
  if (text.trim() === '') throw new Error('A length is missing, such as 2m; 0 for none.');
  try {
    return parseDuration(text);
  } catch {
    throw new Error(`Expected a length such as 90s, 10m or 2h, got "${text}".`);
  }
}

function numberOf(text: string): number {
  const value = Number(text.trim().replace(',', '.'));
  if (text.trim() === '' || !Number.isFinite(value)) throw new Error(`Expected a number, got "${text}".`);
  return value;
}

/** Without the dust of binary fractions or a zero with a sign. */
function inHundredths(value: number): number {
  return Number((100 * value).toPrecision(6)) + 0;
}
