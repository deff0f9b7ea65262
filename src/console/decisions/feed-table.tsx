import { formatMs, formatUsd } from '../../../reports/format.ts';
import { rolePaint, targetPaints } from '../../../reports/palette.ts';
import type { RecentRequest } from '../../proxy/console/contract.ts';
import { clockText } from '../clock-text.ts';
import { Moment } from '../parts/facts.tsx';
import { Swatch } from '../parts/state-badge.tsx';
import { hashOf } from '../place.ts';
import { firstTokenOf, keyOf } from './feed.ts';

export interface FeedTableProps {
  readonly requests: readonly RecentRequest[];
  /** Of the whole pool, so that each has the colour that it has elsewhere. */
  readonly targets: readonly string[];
  readonly isFiltered: boolean;
}

/** One row a request. A click anywhere on it opens its story, as its link does for the keyboard. */
export function FeedTable({ requests, targets, isFiltered }: FeedTableProps) {
  if (requests.length === 0) {
    return <p class="empty">{isFiltered ? 'Nothing that ended fits these choices.' : 'No request has ended yet.'}</p>;
  }
  const paints = targetPaints(targets);
  return (
    <div class="scroll" role="region" aria-label="Decisions" tabIndex={0}>
      <table class="feed">
        <caption class="unseen">Requests that ended, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Request</th>
            <th scope="col">Arrived</th>
            <th scope="col">Ending</th>
            <th scope="col">Target</th>
            <th scope="col">Model</th>
            <th scope="col">Class</th>
            <th scope="col">Client key</th>
            <th scope="col" class="right">
              Attempts
            </th>
            <th scope="col" class="right">
              First token
            </th>
            <th scope="col" class="right">
              Duration
            </th>
            <th scope="col" class="right">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {requests.map((request) => (
            <FeedRow
              key={keyOf(request)}
              request={request}
              paint={paints.get(request.selectedProviderId ?? '') ?? null}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function FeedRow({ request, paint }: { readonly request: RecentRequest; readonly paint: string | null }) {
  const { requestId, arrivedAtMs, selectedProviderId, requestedModel, requestClass, requestPriority, keyId } = request;
  const story = hashOf('decisions', requestId);
  return (
    <tr onClick={() => (location.hash = story)}>
      <th scope="row">
        <a class="row-link" href={story}>
          {requestId}
        </a>
      </th>
      <td>
        <Moment atMs={arrivedAtMs} text={clockText(arrivedAtMs)} />
      </td>
      <td>
        <Ending request={request} />
      </td>
      <td>
        {paint === null ? null : <Swatch paint={paint} />}
        {selectedProviderId ?? 'none'}
      </td>
      <td>{requestedModel}</td>
      <td>
        {requestClass === null ? '–' : `${requestClass}${requestPriority === 'normal' ? '' : `, ${requestPriority}`}`}
      </td>
      <td>{keyId}</td>
      <td class="right">{request.attempts.length}</td>
      <td class="right">{formatMs(firstTokenOf(request))}</td>
      <td class="right">{formatMs(request.durationMs)}</td>
      <td class="right">{formatUsd(request.costMicroUsd / 1_000_000)}</td>
    </tr>
  );
}

const ENDING_PAINTS: Readonly<Record<RecentRequest['ending'], string>> = {
  completed: rolePaint('better'),
  rejected: rolePaint('failed'),
  cancelled: rolePaint('unclear'),
};

/** How it ended: with the core's reason where it has one. */
export function Ending({ request: { ending, code, status } }: { readonly request: RecentRequest }) {
  const why = code ?? (ending === 'completed' && status !== 200 ? `status ${status}` : null);
  return (
    <span class="state">
      <Swatch paint={ENDING_PAINTS[ending]} />
      {ending}
      {why === null ? '' : ` (${why})`}
    </span>
  );
}
