/** Twins that run for one test, and an official client for them. */
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { startTwins, type Twins, type TwinSettings } from '../../../simulator/twin-server/start-twins.ts';

/** Starts twins that are stopped when the running test ends. */
export async function runningTwins(settings: Partial<TwinSettings> & Pick<TwinSettings, 'scenario'>): Promise<Twins> {
  const twins = await startTwins({ seed: 1, speed: 100, ...settings });
  onTestFinished(() => twins.stop());
  return twins;
}

/** The official client with the first key of a provider; it does not repeat anything by itself. */
export function clientOf(twins: Twins, provider = 0, secret?: string): OpenAI {
  const { baseUrl, keys } = twins.providers[provider]!;
  return new OpenAI({ baseURL: baseUrl, apiKey: secret ?? keys[0]!.secret, maxRetries: 0 });
}

/** Posts a chat request by hand, with the first key of the first provider. */
export function postChat(
  twins: Twins,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Response> {
  const { baseUrl, keys } = twins.providers[0]!;
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${keys[0]!.secret}`, ...headers },
    body: JSON.stringify({ model: 'large', messages: [{ role: 'user', content: 'Hello' }], ...body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Waits until something holds; fails after two seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > 2_000) throw new Error('waited for two seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
