import type { Dispatcher } from 'undici';
import { BadInput } from '../../src/config/bad-input.ts';

const TIMEOUT_MS = 10_000;
const BODY_BYTES_MAX = 4 * 1_024 * 1_024;

/**
 * The models that an endpoint lists, which shows as well that it is there and takes the key. `null` when it has no
 * such list.
 *
 * @param url of the endpoint, for messages
 * @param path its own path, without a slash at the end
 * @throws BadInput when nothing answers or the key is refused
 */
export async function knownModels(
  dispatcher: Dispatcher,
  url: string,
  path: string,
  secret: string | null,
): Promise<ReadonlySet<string> | null> {
  const response = await request(dispatcher, url, path, secret);
  const { statusCode, body } = response;
  if (statusCode === 401 || statusCode === 403) {
    await body.dump();
    throw new BadInput(`${url}: refuses the key (${statusCode}); set TOKEN_POOL_KEY or name a --key-file`);
  }
  if (statusCode !== 200 || Number(response.headers['content-length'] ?? 0) > BODY_BYTES_MAX) {
    await body.dump();
    return null;
  }
  return modelIds(await body.text());
}

async function request(
  dispatcher: Dispatcher,
  url: string,
  path: string,
  secret: string | null,
): Promise<Dispatcher.ResponseData> {
  try {
    return await dispatcher.request({
      origin: new URL(url).origin,
      path: `${path}/models`,
      method: 'GET',
      headers: secret === null ? {} : { authorization: `Bearer ${secret}` },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const advice =
      code?.startsWith('ERR_SSL') === true ? 'does it speak https? try http://' : 'is the proxy running there?';
    throw new BadInput(`${url}: does not answer (${code ?? message}); ${advice}`);
  }
}

function modelIds(text: string): ReadonlySet<string> | null {
  try {
    const { data } = JSON.parse(text) as { readonly data?: unknown };
    if (!Array.isArray(data) || data.length === 0) return null;
    return new Set((data as readonly unknown[]).map((model) => String((model as { readonly id?: unknown }).id)));
  } catch {
    return null;
  }
}
