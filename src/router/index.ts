/** The core's public face; drivers import from here and from nowhere deeper. */
export * from './contract.ts';
export * from './pool.ts';
export * from './policy.ts';
export * from './steering.ts';
export type { Router, RouterOptions, RouterSnapshot } from './router.ts';
export { createRouter, restoreRouter, CORE_VERSION } from './router.ts';
export { armOf, type Arm, type Canary } from './canary.ts';
export type { HearShadow } from './shadow.ts';
export type { BudgetView, TargetView } from './views.ts';
export { adjustedProfile } from './score/class-weights.ts';
export { reconfigureRouter } from './reconfigure.ts';
export { withRetiringTargets } from './carry-over/retiring-targets.ts';
export { effectOf, type OutcomeReason } from './attempt/outcome-effect.ts';
export { DuplicateRequest } from './state/open-requests.ts';
export { addressedTargets, ANY_MODEL, namedTargets } from './target-names.ts';
export { resumableId } from './routes/steer-request.ts';
export { BUILT_IN_ROUTES } from './routes/route-order.ts';
export { whyUnsupported } from './unsupported-request.ts';
