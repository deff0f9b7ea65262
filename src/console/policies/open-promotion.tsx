import { formatCount, formatPercent, formatSpan } from '../../../reports/format.ts';
import { rolePaint } from '../../../reports/palette.ts';
import type { GuardReading, Promotion } from '../../policies/promotion.ts';
import { countdownText } from '../clock-text.ts';
import { DataTable, left, right } from '../parts/data-table.tsx';
import { Facts, Hash } from '../parts/facts.tsx';
import { Swatch } from '../parts/state-badge.tsx';
import type { ConsoleApi } from '../session/console-api.ts';
import { figureText, GUARD_NAMES, GUARD_STATES, limitText, rangeText } from './guard-words.ts';
import { PredictionTable } from './prediction-table.tsx';
import { RollbackButton } from './rollback-button.tsx';
import { StageSteps } from './stage-steps.tsx';

export interface OpenPromotionProps {
  readonly api: ConsoleApi;
  readonly promotion: Promotion;
  /** Core's time of the figures. */
  readonly atMs: number;
  readonly onDone: (words: string) => void;
}

/** The policy on its way: how far it is, and how its guards stand. */
export function OpenPromotion({ api, promotion, atMs, onDone }: OpenPromotionProps) {
  const { policyName, policyHash, stage, stageSinceMs, pausedMs, shadow, figures, plan, guards, transitions } =
    promotion;
  const elapsedMs = Math.max(0, atMs - stageSinceMs - pausedMs);
  const lengthMs = stage === 'shadow' ? plan.shadowForMs : stage === 'canary' ? plan.canaryForMs : 0;
  const seen = stage === 'shadow' ? shadow.decisions : figures.canary.requests;
  return (
    <section aria-labelledby="open-title">
      <div class="section-head">
        <h2 id="open-title">
          On its way: {policyName}, in {stage}
        </h2>
        <RollbackButton
          api={api}
          name={policyName}
          hash={policyHash}
          effect={`It leaves its stage (${stage}) at once; all requests go by ${promotion.incumbentName}.`}
          onDone={onDone}
        />
      </div>
      <div class="card">
        <StageSteps stage={stage} plan={plan} />
        {lengthMs === 0 ? null : (
          <div
            class="bar"
            role="progressbar"
            aria-label={`Time in ${stage}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(Math.min(100, (100 * elapsedMs) / lengthMs))}
          >
            <div
              class="bar-fill"
              style={{ width: `${Math.min(100, (100 * elapsedMs) / lengthMs)}%`, background: rolePaint('accent') }}
            />
          </div>
        )}
        <Facts
          facts={[
            ['Hash', <Hash key="hash" hash={policyHash} />],
            ['In this stage', lengthMs === 0 ? 'just begun' : `${countdownText(elapsedMs)} of ${formatSpan(lengthMs)}`],
            [
              'Seen by it',
              `${formatCount(seen)} of at least ${formatCount(plan.requestsMin)} ${stage === 'shadow' ? 'decisions' : 'requests'}`,
            ],
            ...(shadow.decisions === 0
              ? []
              : [
                  [
                    'In the shadow',
                    `it would have chosen otherwise in ${formatCount(shadow.differs)} of ${formatCount(shadow.decisions)} decisions`,
                  ] as const,
                ]),
            ...(stage === 'canary'
              ? [
                  [
                    'Share',
                    `${formatPercent(plan.canaryShare)} of the sessions; the rest had ${formatCount(figures.main.requests)} requests`,
                  ] as const,
                ]
              : []),
            ['Ordered by', `${transitions[0]?.who ?? 'nobody known'}: ${transitions[0]?.why ?? ''}`],
          ]}
        />
        {stage === 'canary' ? <GuardsTable guards={guards} /> : null}
        {promotion.evidence === null ? null : <PredictionTable promotion={promotion} />}
      </div>
    </section>
  );
}

const GUARD_PAINTS: Readonly<Record<GuardReading['state'], string>> = {
  'too-few': rolePaint('unclear'),
  holds: rolePaint('better'),
  broken: rolePaint('failed'),
};

function GuardsTable({ guards }: { readonly guards: readonly GuardReading[] }) {
  return (
    <DataTable
      caption="Guards, as they stand now"
      label="Guards"
      wraps
      columns={[
        left('Guard'),
        left('State'),
        right('The rest'),
        right('Canary'),
        right('Compared, within'),
        left('Allowed'),
      ]}
      empty="No guards are known yet."
      rows={guards.map((reading) => ({
        key: reading.guard,
        cells: [
          GUARD_NAMES[reading.guard],
          <span key="state" class="state">
            <Swatch paint={GUARD_PAINTS[reading.state]} />
            {GUARD_STATES[reading.state]}
          </span>,
          figureText(reading.guard, reading.main),
          figureText(reading.guard, reading.canary),
          rangeText(reading),
          limitText(reading.guard, reading.limit),
        ],
      }))}
    />
  );
}
