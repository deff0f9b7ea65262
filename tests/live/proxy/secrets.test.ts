/** Markers planted wherever a secret, a prompt or a completion can be: none of them gets anywhere it has no business. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { expect, it } from 'vitest';
import { openLog } from '../../../src/log/log-reader.ts';
import { DONE, event, httpChunk, sendStream, STOP, streamHead, text, wholeAnswer } from '../upstream/rough-server.ts';
import { until } from './until.ts';
import { readLogged } from './logged-rows.ts';
import { forTest } from './proxy-of-test.ts';
import { sha256 } from './running-proxy.ts';
import { startScripted } from './scripted-lanes.ts';

const MARK = {
  providerKey: 'sk-MARKED-provider-7c1e',
  clientSecret: 'tp-MARKED-client-90ab',
  adminToken: 'admin-MARKED-token-55d0',
  wrongSecret: 'tp-MARKED-wrong-31f7',
  wrongToken: 'admin-MARKED-wrong-e2b8',
  prompt: 'MARKED-prompt-4d2a',
  image: 'MARKEDimageAAAA',
  toolText: 'MARKED-tool-b6f3',
  user: 'MARKED-user-08e9',
  session: 'MARKED-session-c5d1',
  cookie: 'MARKED-cookie-17aa',
  completion: 'MARKED-completion-f00d',
  upstreamError: 'MARKED-upstream-2b2b',
} as const;
type Mark = keyof typeof MARK;

/** The marks in a text, by name. */
function marksIn(found: string, but: readonly Mark[] = []): string[] {
  return (Object.keys(MARK) as Mark[]).filter((name) => !but.includes(name) && found.includes(MARK[name]));
}

it(
  'no secret, no prompt and no completion is in any log, metric, error, header or file',
  { timeout: 60_000 },
  async () => {
    const live = await forTest(
      startScripted(
        { solo: 8, pair: 2, narrow: 1 },
        {
          clientKeys: [
            { name: 'team', secretSha256: sha256(MARK.clientSecret) },
            { name: 'poor', secretSha256: sha256('poor'), budgets: [{ metric: 'requests', window: 'day', limit: 1 }] },
          ],
          admin: { tokenEnv: 'ADMIN_TOKEN' },
          environment: { ROUGH_KEY: MARK.providerKey, ADMIN_TOKEN: MARK.adminToken },
          policy: { timeouts: { firstTokenMs: 800, idleMs: 800, totalMs: 1_600 } },
          isServed: true,
          logLevel: 'debug',
        },
      ),
    );
    const headers = {
      authorization: `Bearer ${MARK.clientSecret}`,
      cookie: MARK.cookie,
      'x-token-pool-session': MARK.session,
    };
    const body = {
      user: MARK.user,
      metadata: { note: MARK.prompt, session_id: MARK.session },
      messages: [
        { role: 'system', content: MARK.prompt },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${MARK.image}` } }] },
      ],
      tools: [{ type: 'function', function: { name: MARK.toolText, parameters: { description: MARK.toolText } } }],
    };
    const complaint = (status: number) =>
      wholeAnswer(
        status,
        JSON.stringify({
          error: {
            message: `Incorrect key ${MARK.providerKey} for "${MARK.prompt}": ${MARK.upstreamError}`,
            code: MARK.upstreamError,
          },
        }),
        `x-leak: ${MARK.upstreamError}\r\nset-cookie: ${MARK.upstreamError}\r\n`,
      );
    const completion = JSON.stringify({
      choices: [{ message: { content: MARK.completion } }],
      usage: { prompt_tokens: 9, completion_tokens: 2 },
    });
    const heads: string[] = [];
    const errors: string[] = [];
    const ask = async (more: object, given: Readonly<Record<string, string>> = headers): Promise<string> => {
      const response = await live.chat({ ...body, ...more }, { headers: given });
      heads.push(JSON.stringify([...response.headers]));
      const answer = await response.text();
      if (response.status !== 200) errors.push(answer);
      return answer;
    };

    // What goes well.
    const whole = live.lane('solo', (socket) => socket.write(wholeAnswer(200, completion)));
    expect(await ask({ model: whole.model })).toContain(MARK.completion);
    const streamed = live.lane('solo', (socket) => sendStream(socket, [text(MARK.completion), STOP, DONE]));
    expect(await ask({ model: streamed.model, stream: true })).toContain(MARK.completion);
    const embedded = await live.post('embeddings', { model: whole.model, input: MARK.prompt }, { headers });
    errors.push(await embedded.text());
    // What fails: with words of the provider that name the key and the prompt.
    for (const status of [401, 429, 500]) {
      const pair = live.lane('solo', (socket) => socket.write(complaint(status)));
      await ask({ model: pair.model });
    }
    const failover = live.lane(
      'pair',
      (socket) => socket.write(complaint(503)),
      (socket) => socket.write(wholeAnswer(200, `<html>${MARK.completion}`, '', 'text/html')),
    );
    await ask({ model: failover.model });
    const broken = live.lane('pair', (socket) =>
      socket.end(streamHead() + httpChunk(text(MARK.completion)) + httpChunk('data: {"x')),
    );
    expect(await ask({ model: broken.model, stream: true })).toContain('STREAM_BROKEN');
    const silent = live.lane('solo', (socket) => socket.write(streamHead() + httpChunk(`: ${MARK.completion}\n\n`)));
    await ask({ model: silent.model, stream: true });
    const failing = live.lane('solo', (socket) =>
      sendStream(socket, [event(JSON.stringify({ error: { message: MARK.upstreamError } }))]),
    );
    await ask({ model: failing.model, stream: true });
    // What is refused at the door.
    await ask({ model: whole.model }, { authorization: `Bearer ${MARK.wrongSecret}`, cookie: MARK.cookie });
    await ask({ model: 'no-such-model' });
    await ask({ model: whole.model }, { ...headers, authorization: 'Bearer poor' });
    await ask({ model: whole.model }, { ...headers, authorization: 'Bearer poor' });
    for (const bad of [
      `{"model":"m","messages":"${MARK.prompt}"}`,
      `{"${MARK.prompt}": ${MARK.prompt}`,
      `"${MARK.prompt}`,
    ]) {
      const response = await live.post('chat/completions', bad, { headers });
      expect(response.status).toBe(400);
      errors.push(await response.text());
    }

    // What operators see.
    const admin = { authorization: `Bearer ${MARK.adminToken}` };
    const pages: string[] = [];
    for (const path of [
      'status',
      'budgets',
      'requests',
      'costs',
      'log?table=decisions',
      'log?table=inputs',
      'log?table=outcomes',
    ]) {
      const response = await fetch(`${live.url}/admin/${path}`, { headers: admin });
      expect([path, response.status]).toEqual([path, 200]);
      const bytes = Buffer.from(await response.arrayBuffer());
      pages.push(path.startsWith('log') ? tableText(bytes) : bytes.toString());
    }
    for (const path of ['health', 'api/health', 'metrics', 'admin/status']) {
      for (const given of [admin, {}, { authorization: `Bearer ${MARK.wrongToken}` }]) {
        pages.push(await (await fetch(`${live.url}/${path}`, { headers: given as Record<string, string> })).text());
      }
    }
    live.rewrite({ environment: { ROUGH_KEY: MARK.providerKey }, policy: { [MARK.prompt]: 1 } });
    live.served.signal('SIGHUP');
    await until(() => live.served.stderr().includes('nothing was changed'), 'a reload refused');
    // Killed, so that the spool is still there, as it was written.
    await live.served.end('SIGKILL');

    const files = filesBelow(live.logFolder);
    expect(files.some((path) => path.includes('spool'))).toBe(true);
    for (const path of files) expect([path, marksIn(readFileSync(path, 'latin1'))]).toEqual([path, []]);
    // The search finds what is there.
    const spool = files.filter((path) => path.includes('spool')).map((path) => readFileSync(path, 'latin1'));
    expect(spool.join('')).toContain('no-such-model');
    expect(pages.join('\n')).toContain('no-such-model');
    const stderr = live.served.stderr();
    expect(stderr.split('\n').length).toBeGreaterThan(20);
    // The operator's own file is named with what is wrong in it.
    expect(marksIn(live.served.stdout() + stderr, ['prompt'])).toEqual([]);
    expect(
      marksIn(
        stderr
          .split('\n')
          .filter((line) => !line.includes('nothing was changed'))
          .join('\n'),
      ),
    ).toEqual([]);
    expect(marksIn(pages.join('\n'))).toEqual([]);
    expect(marksIn(heads.join('\n'))).toEqual([]);
    expect(errors.length).toBeGreaterThan(12);
    expect(marksIn(errors.join('\n'))).toEqual([]);

    // The rows themselves, as the files may be compressed; once more after the next life has taken them in.
    expect(marksIn(await rowsAsText(live.logFolder))).toEqual([]);
    live.rewrite({ environment: { ROUGH_KEY: MARK.providerKey, ADMIN_TOKEN: MARK.adminToken }, policy: {} });
    await live.restart();
    await live.close();
    expect(marksIn(await rowsAsText(live.logFolder))).toEqual([]);
    for (const path of filesBelow(live.logFolder)) {
      expect([path, marksIn(readFileSync(path, 'latin1'))]).toEqual([path, []]);
    }
  },
);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function tableText(bytes: Buffer): string {
  const table = tableFromIPC(bytes);
  return JSON.stringify(table.toArray(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

async function rowsAsText(folder: string): Promise<string> {
  const { inputs, decisions, outcomes } = await readLogged(folder, { verifies: false });
  const reader = await openLog(folder);
  try {
    const snapshots = [await reader.firstSnapshot(0), await reader.lastSnapshot()];
    expect(outcomes.length).toBeGreaterThan(8);
    return JSON.stringify({ inputs, decisions, outcomes, snapshots });
  } finally {
    reader.close();
  }
}
