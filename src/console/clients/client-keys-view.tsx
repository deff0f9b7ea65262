import { formatCount, formatUsd, plural } from '../../../reports/format.ts';
import type { ClientKeyPage, ClientKeysPage } from '../../proxy/console/contract.ts';
import { useAsked } from '../live/use-asked.ts';
import { BudgetBar } from '../overview/budget-bars.tsx';
import { Facts } from '../parts/facts.tsx';
import { Trouble } from '../parts/trouble.tsx';
import type { ConsoleApi } from '../session/console-api.ts';

const ASK_EVERY_MS = 3_000;

/** Who may call, what for, and how much of their quotas is left. */
export function ClientKeysView({ api }: { readonly api: ConsoleApi }) {
  const { answer, trouble } = useAsked<ClientKeysPage>(api, '/client-keys', ASK_EVERY_MS);
  return (
    <>
      <p class="intro">
        Secrets are not shown: the proxy knows their hashes only. The configuration is where keys are made.
      </p>
      <Trouble text={trouble} />
      {answer === null ? (
        <p class="empty">{trouble === null ? 'Asking for the client keys …' : 'No client keys to show.'}</p>
      ) : answer.clientKeys.length === 0 ? (
        <p class="empty">The configuration has no client keys: whoever reaches the proxy may use it.</p>
      ) : (
        <div class="cards">
          {answer.clientKeys.map((clientKey) => (
            <ClientKeyCard key={clientKey.name} clientKey={clientKey} />
          ))}
        </div>
      )}
    </>
  );
}

function ClientKeyCard({ clientKey }: { readonly clientKey: ClientKeyPage }) {
  const { name, models, routes, priorityMax, maySteer, quotas, today, sinceStart } = clientKey;
  return (
    <article class="card">
      <h2>{name}</h2>
      <Facts
        facts={[
          ['Models', models === null ? 'all' : models.join(', ')],
          ['Routes', routes === null ? 'all' : routes.join(', ')],
          ['Highest priority', priorityMax],
          ['Instructions in messages', maySteer ? 'may steer' : 'do not steer'],
          [
            'Today (UTC)',
            `${plural(today.attempts, 'attempt')}, ${formatCount(today.inputTokens)} tokens in, ${formatCount(today.outputTokens)} out, ${formatUsd(today.costUsd)}`,
          ],
          [
            'Requests since the start',
            `${formatCount(sinceStart.completed)} completed, ${formatCount(sinceStart.rejected)} rejected, ${formatCount(sinceStart.cancelled)} left by the client`,
          ],
        ]}
      />
      <h3>Quotas</h3>
      {quotas.length === 0 ? (
        <p class="empty">None.</p>
      ) : (
        <ul class="budgets">
          {quotas.map((quota) => (
            <li key={quota.label}>
              <BudgetBar budget={quota} />
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}
