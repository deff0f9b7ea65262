import { formatCount, formatMs, formatPercent, formatUsd } from '../../../reports/format.ts';
import { CAUSE_WORDS, chanceText } from '../../log/decision-words.ts';
import type { RequestExplanation } from '../../log/explain-request.ts';
import type { RecentRequest } from '../../proxy/console/contract.ts';
import { momentText } from '../clock-text.ts';
import { useAsked } from '../live/use-asked.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Facts, Hash, Moment, type Fact } from '../parts/facts.tsx';
import { Trouble } from '../parts/trouble.tsx';
import type { ConsoleApi } from '../session/console-api.ts';
import { CandidateTable, loggedForm } from './candidate-table.tsx';
import { LoggedDecision } from './logged-decision.tsx';
import { Ending } from './feed-table.tsx';

export interface ExplainDrawerProps {
  readonly api: ConsoleApi;
  readonly requestId: string;
  /** As the feed has it; null: it has left the feed, or never was in it. */
  readonly recent: RecentRequest | null;
  readonly onClose: () => void;
}

/** The story of one request: what the log knows of each decision, and what came of it. */
export function ExplainDrawer({ api, requestId, recent, onClose }: ExplainDrawerProps) {
  const path = `/explain/${encodeURIComponent(requestId)}`;
  const { answer, trouble, isAsking, askAgain } = useAsked<RequestExplanation>(api, path);
  return (
    <Dialog title={`Request ${requestId}`} form="drawer" onClose={onClose}>
      {recent === null ? null : <RequestFacts request={recent} />}
      <div aria-live="polite">
        {isAsking ? <p class="empty">Asking the log …</p> : null}
        {answer === null ? null : <Story explanation={answer} />}
      </div>
      <Trouble text={trouble} />
      {trouble === null ? null : (
        <button type="button" onClick={askAgain}>
          Ask again
        </button>
      )}
      {trouble === null || recent === null ? null : <Remembered request={recent} />}
    </Dialog>
  );
}

/** What the proxy itself still knows, for when the log cannot be asked. */
function Remembered({
  request: { attempts, candidateProviders, selectedProviderId },
}: {
  readonly request: RecentRequest;
}) {
  return (
    <section class="decision">
      <h3>As the proxy remembers it</h3>
      <Facts
        facts={attempts.map(({ attempt, target, cause, propensity, kind, status, errorCode }) => [
          `Attempt ${attempt}`,
          `${target}, by ${CAUSE_WORDS[cause]}, propensity ${chanceText(propensity)}: ${kind ?? 'did not end'}${status === null ? '' : `, status ${status}`}${errorCode === null ? '' : `, ${errorCode}`}`,
        ])}
      />
      <CandidateTable
        candidates={candidateProviders.map(loggedForm)}
        chosen={selectedProviderId}
        attempt={attempts.length}
      />
    </section>
  );
}

function RequestFacts({ request }: { readonly request: RecentRequest }) {
  const { requestClass, requestPriority, estimatedPromptTokens, estimatedOutputBudgetTokens, promptCacheScope } =
    request;
  const facts: readonly Fact[] = [
    ['Ending', <Ending key="ending" request={request} />],
    ['Arrived', <Moment key="arrived" atMs={request.arrivedAtMs} text={momentText(request.arrivedAtMs)} />],
    [
      'Answered with',
      `status ${request.status} after ${formatMs(request.durationMs)}, ${formatUsd(request.costMicroUsd / 1_000_000)}`,
    ],
    ['Client key', request.keyId],
    ['Model asked for', `${request.requestedModel}, ${request.protocol}${request.stream ? ', streamed' : ''}`],
    [
      'Class and priority',
      requestClass === null ? 'none: it was rejected before' : `${requestClass}, ${requestPriority ?? 'normal'}`,
    ],
    [
      'Tokens, estimated',
      `${formatCount(estimatedPromptTokens)} in, at most ${formatCount(estimatedOutputBudgetTokens)} out`,
    ],
    ['Warm caches found by', promptCacheScope ?? 'nothing'],
    ['Budget pressure', formatPercent(request.budgetPressure)],
    ['Policy', <Hash key="policy" hash={request.policyId} />],
  ];
  return <Facts facts={facts} />;
}

function Story({ explanation }: { readonly explanation: RequestExplanation }) {
  const { decisions, leftWaiting, unknownModel, unsupported, unknownName } = explanation;
  return (
    <>
      {decisions.map((each, index) => (
        <LoggedDecision key={`${each.decision.sequence} ${each.decision.ordinal} ${index}`} explained={each} />
      ))}
      {unsupported === undefined ? null : <p>{unsupported}</p>}
      {unknownName === undefined ? null : (
        <p>It named “{unknownName}”, and the pool had no such route, provider, key or model.</p>
      )}
      {unknownModel === undefined ? null : (
        <p>
          It asked for “{unknownModel.asked}”. The pool had {unknownModel.offered.join(', ')}.
        </p>
      )}
      {decisions.length === 0 && unknownModel === undefined && unknownName === undefined ? (
        <p>No decision was made on it: it ended before a target could be looked for.</p>
      ) : null}
      {leftWaiting === null ? null : (
        <p>
          The client left at <Moment atMs={leftWaiting.at_ms} text={momentText(leftWaiting.at_ms)} />, while the request
          waited.
        </p>
      )}
    </>
  );
}
