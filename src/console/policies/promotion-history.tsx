import type { Promotion } from '../../policies/promotion.ts';
import { momentText } from '../clock-text.ts';
import { DataTable, left } from '../parts/data-table.tsx';
import { Hash, Moment } from '../parts/facts.tsx';
import { NameInWords } from '../parts/name-in-words.tsx';

/** Every step of every promotion that is known, newest first. */
export function PromotionHistory({ promotions }: { readonly promotions: readonly Promotion[] }) {
  const steps = promotions.flatMap(({ transitions }) => transitions).toSorted((a, b) => b.atMs - a.atMs);
  return (
    <section aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      <DataTable
        caption="Steps of promotions, newest first"
        hidesCaption
        label="History of promotions"
        wraps
        columns={[left('When'), left('Policy'), left('Hash'), left('Step'), left('Who'), left('Why')]}
        empty="Nothing was promoted yet."
        rows={steps.map(({ atMs, promotionId, policyName, policyHash, from, to, who, why }, index) => ({
          key: `${promotionId} ${atMs} ${to} ${steps.length - index}`,
          cells: [
            <Moment key="when" atMs={atMs} text={momentText(atMs)} />,
            policyName,
            <Hash key="hash" hash={policyHash} />,
            <>
              <NameInWords name={from} /> → <NameInWords name={to} />
            </>,
            who,
            why,
          ],
        }))}
      />
    </section>
  );
}
