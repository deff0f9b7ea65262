/** A key that its provider refuses: said as such, and back as soon as somebody has mended it. */
import { describe, expect, it } from 'vitest';
import type { LiveSettings } from './running-proxy.ts';
import { startBeforeRough } from './running-proxy.ts';
import { forTest } from './proxy-of-test.ts';
import { CHAT, wholeAnswer, type RoughRequest } from '../upstream/rough-server.ts';

const ADMIN_TOKEN = 'an-admin-token-of-a-test';
const TARGET = 'a.main.m';
const GOOD_SECRET = 'sk-the-new-one';

/** A provider that accepts one secret. */
function strict(socket: { write(text: string): unknown }, { head }: RoughRequest): void {
  const isAccepted = head.toLowerCase().includes(`bearer ${GOOD_SECRET}`);
  socket.write(wholeAnswer(isAccepted ? 200 : 401, isAccepted ? CHAT : '{"error":{"message":"no"}}'));
}

const SETTINGS: Partial<LiveSettings> = {
  environment: { ROUGH_KEY: 'sk-the-old-one', ADMIN: ADMIN_TOKEN },
  admin: { tokenEnv: 'ADMIN' },
};

async function admin(url: string, path: string, method = 'GET'): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/admin/${path}`, { method, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

describe('a refused key', () => {
  it('is named as the reason, and an order brings its target back at once', async () => {
    const live = await forTest(startBeforeRough([strict], SETTINGS));
    expect((await live.chat()).status).toBe(502);
    expect((await live.chat()).status).toBe(503);
    const { targets } = (await admin(live.url, 'status')) as { targets: readonly object[] };
    expect(targets).toMatchObject([
      {
        target: TARGET,
        state: 'cooldown',
        isAvailable: false,
        why: expect.stringContaining('refused its key (status 401)') as string,
        lastFailure: { kind: 'failure', status: 401, reason: 'auth' },
      },
    ]);
    const enabled = await admin(live.url, `targets/${TARGET}/enable`, 'POST');
    expect(enabled).toMatchObject({ target: { state: 'healthy', isAvailable: true, why: null } });
    expect((await live.chat()).status).toBe(502);
    expect(live.servers[0]!.requests).toHaveLength(2);
  });

  it('is told from one whose quota is used up', async () => {
    const body = '{"error":{"message":"no","type":"insufficient_quota","code":"insufficient_quota"}}';
    const broke = (socket: { write(text: string): unknown }): void => void socket.write(wholeAnswer(429, body));
    const live = await forTest(startBeforeRough([broke], SETTINGS));
    expect((await live.chat()).status).toBe(502);
    expect((await live.chat()).status).toBe(503);
    const { targets } = (await admin(live.url, 'status')) as { targets: readonly object[] };
    expect(targets).toMatchObject([
      {
        state: 'cooldown',
        why: expect.stringContaining('used up (quota_exhausted, status 429)') as string,
        lastFailure: { kind: 'failure', status: 429, errorCode: 'quota_exhausted', reason: 'quota' },
      },
    ]);
  });

  it('rests no longer once a reload has brought another secret', async () => {
    const live = await forTest(startBeforeRough([strict], SETTINGS));
    expect((await live.chat()).status).toBe(502);
    await admin(live.url, 'reload', 'POST');
    expect((await live.chat()).status).toBe(503);
    live.rewrite({ environment: { ...SETTINGS.environment, ROUGH_KEY: GOOD_SECRET } });
    await admin(live.url, 'reload', 'POST');
    expect((await live.chat()).status).toBe(200);
  });
});

describe('a request that no target can ever serve', () => {
  it("is the client's mistake, with what is missing, and never sent", async () => {
    const provider = { model: { endpoints: ['chat'], maxOutputTokens: 500 } };
    const live = await forTest(startBeforeRough([strict], { ...SETTINGS, provider }));
    const tooLong = await live.chat({ max_tokens: 501 });
    expect(tooLong.status).toBe(400);
    expect(await tooLong.json()).toEqual({
      error: {
        message: 'No target of model "m" gives answers of up to 501 tokens: the longest has 500.',
        type: 'invalid_request_error',
        param: null,
        code: 'UNSUPPORTED_REQUEST',
      },
    });
    const embeddings = await live.post('embeddings', { model: 'm', input: 'Hello' });
    expect(embeddings.status).toBe(400);
    expect(await embeddings.json()).toMatchObject({
      error: { message: 'No target of model "m" can be reached by openai-embeddings.' },
    });
    expect(live.servers[0]!.requests).toHaveLength(0);
  });
});
