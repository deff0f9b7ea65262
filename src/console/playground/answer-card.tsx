import { formatCount, formatMs, formatPlain, nameWords } from '../../../reports/format.ts';
import { Facts, type Fact } from '../parts/facts.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { hashOf } from '../place.ts';
import { REQUEST_ID_HEADER, type AnswerSoFar } from './ask-model.ts';
import type { Exchange } from './use-conversation.ts';

const STATE_WORDS: Readonly<Record<Exchange['state'], string>> = {
  asking: 'The answer is coming …',
  done: 'The answer is complete.',
  stopped: 'Stopped.',
  failed: 'The call failed.',
};

/** A question, its answer as far as it has come, and how it was served. */
export function AnswerCard({ exchange: { question, answer, trouble, state } }: { readonly exchange: Exchange }) {
  const requestId = answer?.headers.find(([name]) => name === REQUEST_ID_HEADER)?.[1];
  return (
    <article class="card">
      <h3 class="unseen">Question and answer</h3>
      <p class="asked">{question}</p>
      {answer === null || answer.text === '' ? null : <p class="answer">{answer.text}</p>}
      <p class="hint" role="status">
        {STATE_WORDS[state]}
      </p>
      <Trouble text={trouble} />
      {answer === null ? null : <Facts facts={factsOf(answer)} />}
      {requestId === undefined || state === 'asking' ? null : (
        <p>
          <a href={hashOf('decisions', requestId)}>Why it went where it went</a>
        </p>
      )}
    </article>
  );
}

function factsOf({ firstTokenMs, durationMs, usage, finish, headers }: AnswerSoFar): readonly Fact[] {
  return [
    ['First token', `after ${formatMs(firstTokenMs)}`],
    ['Whole answer', `${formatMs(durationMs)}${finish === null ? '' : `, ended by ${nameWords(finish)}`}`],
    ...(usage === null
      ? []
      : ([
          [
            'Tokens',
            `${formatCount(usage.promptTokens)} in (${formatCount(usage.cachedTokens)} from a cache), ${formatCount(usage.completionTokens)} out`,
          ],
          ['Speed', speedText(usage.completionTokens, durationMs - (firstTokenMs ?? 0))],
        ] as const)),
    ...headers.map(([name, value]): Fact => [name, <code key={name}>{value}</code>]),
  ];
}

function speedText(tokens: number, ms: number): string {
  return ms <= 0 || tokens < 2 ? '–' : `${formatPlain((tokens - 1) / (ms / 1_000))} tokens/s`;
}
