import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAILED, poolOf, targetOf } from '../../router/small-pool.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { startTrial, type ProxyOnTrial } from '../proxy-on-trial.ts';

const PROVIDER_KEY = 'marker-provider-key-7731';
const CLIENT_SECRET = 'sk-marker-client-secret-7732';
const TOKEN = 'marker-admin-token-7733';
const PROMPT = 'marker prompt 7734';
const SESSION = 'marker-session-7735';
const MARKERS = [PROVIDER_KEY, CLIENT_SECRET, TOKEN, PROMPT, SESSION];

const folder = temporaryFolder();
let trial: ProxyOnTrial;
beforeEach(async () => {
  trial = await startTrial({
    pool: poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.small')]),
    policy: { retry: { attemptsMax: 2 } },
    folder: folder('log'),
    context: { adminTokenHash: createHash('sha256').update(TOKEN).digest('hex') },
    secrets: () => [PROVIDER_KEY, CLIENT_SECRET, TOKEN],
  });
});
afterEach(() => trial.stop());

describe('planted markers', () => {
  it('come out of no metric, no log and no answer of the admin API', async () => {
    for (let index = 0; index < 40; index++) {
      const facts = { sessionId: SESSION, clientKey: 'team' };
      trial.serve(`r${index}`, facts, { ...FAILED, errorCode: 'http_500' }, index % 3 === 0 ? FAILED : {});
    }
    // What another part of the proxy may log in its despair.
    trial.logger.error(
      {
        headers: { authorization: `Bearer ${PROVIDER_KEY}` },
        body: { messages: [{ content: PROMPT }] },
        sessionId: '-',
      },
      `the call with ${CLIENT_SECRET} failed`,
    );
    trial.logger.error(new Error(`wrong key ${PROVIDER_KEY}`));
    const texts: string[] = [];
    for (const path of [
      '/health',
      '/api/health',
      '/metrics',
      '/admin/status',
      '/admin/budgets',
      '/admin/requests',
      '/admin/costs',
      '/admin/explain/r1',
      '/admin/explain/unheard-of',
      '/admin/nothing',
      ...['decisions', 'outcomes', 'inputs', 'policies'].map((table) => `/admin/log?table=${table}`),
      `/admin/log?table=inputs&${CLIENT_SECRET}=1`.replace(CLIENT_SECRET, 'sinze'),
    ]) {
      const response = await trial.get(path, TOKEN);
      texts.push(Buffer.from(await response.arrayBuffer()).toString('latin1'));
    }
    const broken = await trial.post('/admin/targets/aurora.main.small/cool', `{"forMs": ${PROMPT}`, TOKEN);
    texts.push(await broken.text());
    await trial.get('/admin/status', `${TOKEN}-wrong`);
    texts.push(...trial.lines);
    expect(texts.join('').length).toBeGreaterThan(50_000);
    expect(texts.join('')).toContain('aurora.main.small');
    for (const marker of MARKERS) expect(texts.filter((text) => text.includes(marker))).toEqual([]);
  });
});
