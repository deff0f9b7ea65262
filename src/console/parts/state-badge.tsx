import { rolePaint, statePaint } from '../../../reports/palette.ts';
import type { TargetStatus } from '../../proxy/console/contract.ts';

/** State of a target: its colour in every chart, and its name. */
export function StateBadge({ state }: { readonly state: TargetStatus['state'] }) {
  const paint = state === 'retiring' ? rolePaint('target-other') : statePaint(state);
  return (
    <span class="state">
      <span class="swatch" style={{ background: paint }} aria-hidden="true" />
      {state}
    </span>
  );
}

/** A colour beside a name that says the same. */
export function Swatch({ paint }: { readonly paint: string }) {
  return <span class="swatch" style={{ background: paint }} aria-hidden="true" />;
}
