import type { PromotionPlan, Stage } from '../../policies/promotion.ts';

/** The stages that a plan leads through, with the one at hand marked. */
export function StageSteps({ stage, plan }: { readonly stage: Stage; readonly plan: PromotionPlan }) {
  const steps: readonly Stage[] = [
    'staged',
    ...(plan.shadowForMs > 0 ? (['shadow'] as const) : []),
    ...(plan.canaryShare > 0 ? (['canary'] as const) : []),
    'active',
  ];
  const at = steps.indexOf(stage);
  return (
    <ol class="steps" aria-label="Stages">
      {steps.map((step, index) => (
        <li key={step} class={index < at ? 'past' : ''} aria-current={index === at ? 'step' : undefined}>
          {step}
        </li>
      ))}
    </ol>
  );
}
