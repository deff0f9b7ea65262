/** Promotions in words, for `promote`, `rollback` and `policies`. */
import Table from 'cli-table3';
import { duration } from '../policies/next-step.ts';
import type { GuardReading, Promotion, Transition } from '../policies/promotion.ts';
import type { PoliciesPage } from '../proxy/admin/index.ts';
import { guardWord } from './guards-option.ts';

/** Promotions that are over, of which a page tells. */
const PAST_SHOWN = 5;

/** One step, as a line. */
export function transitionText({ atMs, policyName, from, to, who, why }: Transition): string {
  return `${new Date(atMs).toISOString()}  ${policyName}: ${from} -> ${to} (${who}): ${why}`;
}

/** The answer of `GET /admin/policies`. */
export function policiesText({ inForce, configured, promotion, active, past, atMs }: PoliciesPage): string {
  const lines = [`in force: ${inForce.name} (${brief(inForce.hash)}), ${inForce.why}`];
  if (inForce.hash !== configured.hash) lines.push(`configured: ${configured.name} (${brief(configured.hash)})`);
  if (promotion !== null) lines.push('', openText(promotion, atMs));
  const told = [...active.toReversed(), ...past].slice(0, PAST_SHOWN).flatMap(({ transitions }) => transitions);
  if (told.length > 0) lines.push('', 'history, latest last:');
  for (const step of told.toSorted((a, b) => a.atMs - b.atMs)) lines.push(`  ${transitionText(step)}`);
  return lines.join('\n');
}

/** One that is on its way, with its guards. */
export function openText(promotion: Promotion, atMs: number): string {
  const { policyName, policyHash, stage, stageSinceMs, pausedMs, plan, shadow, figures, guards } = promotion;
  const since = duration(Math.max(0, atMs - stageSinceMs - pausedMs));
  const lines = [`on its way: ${policyName} (${brief(policyHash)}), in ${stage} for ${since}${lengthOf(promotion)}`];
  if (stage === 'shadow')
    lines.push(`  it would have chosen otherwise in ${shadow.differs} of ${shadow.decisions} decisions`);
  if (stage !== 'canary') return lines.join('\n');
  const { main, canary } = figures;
  lines.push(
    `  ${percent(plan.canaryShare)} of the sessions: ${canary.requests} requests of at least ${plan.requestsMin} (${main.requests} of the rest)`,
    guardsTable(guards),
  );
  return lines.join('\n');
}

function lengthOf({ stage, plan }: Promotion): string {
  if (stage === 'shadow') return ` of ${duration(plan.shadowForMs)}`;
  return stage === 'canary' ? ` of ${duration(plan.canaryForMs)}` : '';
}

function guardsTable(guards: readonly GuardReading[]): string {
  const table = new Table({
    head: ['guard', 'rest', 'canary', 'compared: at all times within', 'allowed', 'state'],
    style: { head: [], border: [] },
  });
  for (const { guard, main, canary, low, high, limit, state } of guards) {
    const isFactor = guard === 'lateFirstTokenFactorMax' || guard === 'costFactorMax';
    const show = isFactor ? times : percent;
    const figure = guard === 'costFactorMax' ? plain : percent;
    const sign = guard === 'successDropMax' ? '>=' : '<=';
    const range = low === null && high === null ? '' : `${show(low)} to ${high === null ? '...' : show(high)}`;
    table.push([guardWord(guard), figure(main), figure(canary), range, `${sign} ${show(limit)}`, state]);
  }
  return table.toString();
}

const brief = (hash: string): string => hash.slice(0, 12);
const percent = (share: number | null): string => (share === null ? '' : `${Number((100 * share).toPrecision(3))} %`);
const times = (factor: number | null): string => (factor === null ? '' : `${Number(factor.toPrecision(3))} times`);
const plain = (value: number | null): string => (value === null ? '' : String(Number(value.toPrecision(3))));
