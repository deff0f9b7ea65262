import { useState } from 'preact/hooks';
import { formatCount } from '../../../reports/format.ts';
import type { RecentRequest } from '../../proxy/console/contract.ts';
import type { Live } from '../live/use-live.ts';
import { hashOf } from '../place.ts';
import type { ConsoleApi } from '../session/console-api.ts';
import { ExplainDrawer } from './explain-drawer.tsx';
import {
  ENDING_FILTERS,
  filtered,
  NO_FILTER,
  targetsIn,
  type EndingFilter,
  type Feed,
  type FeedFilter,
} from './feed.ts';
import { FeedTable } from './feed-table.tsx';

export interface DecisionsViewProps {
  readonly api: ConsoleApi;
  readonly live: Live;
  /** Id of the request whose story is open. */
  readonly openRequest: string | null;
}

/** The requests as they end, and the story of each. */
export function DecisionsView({ api, live, openRequest }: DecisionsViewProps) {
  const [filter, setFilter] = useState(NO_FILTER);
  const [held, setHeld] = useState<Feed | null>(null);
  const shown = held ?? live.feed;
  const requests = filtered(shown.requests, filter);
  const targets = live.frame?.status.targets.map(({ target }) => target) ?? targetsIn(shown.requests);
  return (
    <>
      <div class="controls" role="group" aria-label="What is shown">
        <button type="button" aria-pressed={held !== null} onClick={() => setHeld(held === null ? live.feed : null)}>
          {held === null ? 'Pause' : 'Go on'}
        </button>
        <FilterFields filter={filter} targets={targetsIn(shown.requests)} onFilter={setFilter} />
        <p class="shown" data-testid="shown">
          {shownText(requests, shown)}
          {held === null ? null : <strong> Paused: {formatCount(live.feed.ended - held.ended)} ended since.</strong>}
        </p>
      </div>
      <FeedTable requests={requests} targets={targets} isFiltered={filter !== NO_FILTER && shown.requests.length > 0} />
      {openRequest === null ? null : (
        <ExplainDrawer
          key={openRequest}
          api={api}
          requestId={openRequest}
          recent={live.feed.requests.find(({ requestId }) => requestId === openRequest) ?? null}
          onClose={() => (location.hash = hashOf('decisions'))}
        />
      )}
    </>
  );
}

function shownText(requests: readonly RecentRequest[], { ended }: Feed): string {
  return `${formatCount(requests.length)} of ${formatCount(ended)} requests shown.`;
}

interface FilterFieldsProps {
  readonly filter: FeedFilter;
  readonly targets: readonly string[];
  readonly onFilter: (filter: FeedFilter) => void;
}

const ENDING_WORDS: Readonly<Record<EndingFilter, string>> = {
  all: 'Any ending',
  completed: 'Completed',
  retried: 'Tried again',
  rejected: 'Rejected',
  cancelled: 'Client left',
};

function FilterFields({ filter, targets, onFilter }: FilterFieldsProps) {
  const { target, ending } = filter;
  // A target that is chosen stays on the list when its requests have left the feed.
  const offered = target === null || targets.includes(target) ? targets : [target, ...targets];
  return (
    <>
      <label class="inline">
        <span>Target</span>
        <select
          value={target ?? ''}
          onChange={(event) =>
            onFilter({ ...filter, target: event.currentTarget.value === '' ? null : event.currentTarget.value })
          }
        >
          <option value="">Any target</option>
          {offered.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <label class="inline">
        <span>Ending</span>
        <select
          value={ending}
          onChange={(event) =>
            onFilter({ ...filter, ending: ENDING_FILTERS.find((each) => each === event.currentTarget.value) ?? 'all' })
          }
        >
          {ENDING_FILTERS.map((each) => (
            <option key={each} value={each}>
              {ENDING_WORDS[each]}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
