/**
 * A real proxy before real HTTP providers, and pages of its console in a real browser: twins that answer steadily, and
 * one provider that fails on order. Every page is watched: what it says on its console, and whom it calls.
 */
import { afterAll, beforeAll, expect } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startTwins } from '../../../simulator/twin-server/start-twins.ts';
import { scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { loadGateway, type Gateway } from '../../../src/config/load-gateway.ts';
import { launchChromium } from '../../browser/launch-chromium.ts';
import {
  providerAt,
  ROUGH_SECRET,
  sha256,
  startLive,
  twinPool,
  twinSecrets,
  type LiveProxy,
  type LiveSettings,
} from '../../live/proxy/running-proxy.ts';
import { startRoughServer, type Behaviour, type RoughServer } from '../../live/upstream/rough-server.ts';

export const ADMIN_TOKEN = 'operators-only-3f9c';
export const CLIENT_SECRET = 'sk-console-client-1';
/** Of the provider that fails on order; only requests for the model `m` go there. */
export const ROUGH_TARGET = 'comet.main.m';

export interface ConsoleStage extends LiveProxy {
  /** The configuration as the proxy reads it now. */
  readonly gateway: () => Gateway;
  readonly rough: RoughServer;
  /** Sends so many short requests, one after the other, and waits for their answers. */
  readonly send: (count: number, model: string, headers?: Readonly<Record<string, string>>) => Promise<void>;
  /** A page of its own, with its own cookies, at a place of the console. */
  readonly open: (hash?: string, options?: OpenOptions) => Promise<Page>;
  /** A page that is signed in. */
  readonly enter: (hash?: string, options?: OpenOptions) => Promise<Page>;
}

export interface OpenOptions {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** A proxy and a browser for all tests of a file; pages are checked and closed at the end of each. */
export function consoleStage(changes: Partial<LiveSettings> = {}): () => ConsoleStage {
  let stage: ConsoleStage | null = null;
  let browser: Browser | null = null;
  beforeAll(async () => {
    browser = await launchChromium();
    stage = await startStage(browser, changes);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.stop();
  });
  return () => {
    if (stage === null) throw new Error('the stage was not set');
    return stage;
  };
}

const OK_BODY = JSON.stringify({
  id: 'rough',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Well.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});
const answering =
  (status: string, body: string): Behaviour =>
  (socket) =>
    void socket.write(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
export const WELL: Behaviour = answering('200 OK', OK_BODY);
export const FAILING: Behaviour = answering('500 Broken', '{"error":{"message":"it is broken"}}');

async function startStage(browser: Browser, changes: Partial<LiveSettings>): Promise<ConsoleStage> {
  const scenario = scenarioOf([
    { id: 'aurora.main.small', twin: STEADY_TWIN, concurrencyLimit: 8, queueLimit: 16 },
    { id: 'aurora.spare.small', twin: STEADY_TWIN },
    { id: 'borealis.eu.small', twin: { firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(30) } } },
  ]);
  const twins = await startTwins({ scenario, seed: 1, speed: 1 });
  const rough = await startRoughServer(WELL);
  const pool = twinPool(scenario, twins) as { readonly providers: readonly object[] };
  const comet = providerAt('comet', rough.origin, {
    provider: { budgets: [{ metric: 'requests', window: 'day', limit: 1_000 }] },
  });
  const environment = {
    STAGE_ADMIN: ADMIN_TOKEN,
    ROUGH_KEY: ROUGH_SECRET,
    ...twinSecrets(twins),
    ...changes.environment,
  };
  const live = await startLive(
    {
      pool: { ...pool, providers: [...pool.providers, comet] },
      admin: { tokenEnv: 'STAGE_ADMIN' },
      clientKeys: [
        {
          name: 'team',
          secretSha256: sha256(CLIENT_SECRET),
          budgets: [
            { metric: 'requests', window: '1m', limit: 400 },
            { metric: 'usd', window: 'day', limit: 5 },
          ],
        },
        { name: 'batch', secretSha256: sha256('sk-console-batch'), models: ['small'], priorityCeiling: 'low' },
      ],
      policy: STAGE_POLICY,
      ...changes,
      environment,
    },
    () => Promise.all([twins.stop(), rough.close()]),
  );
  const open = async (hash = '', options: OpenOptions = {}): Promise<Page> =>
    openPage(browser, live.url, hash, options);
  return Object.assign(live, {
    rough,
    gateway: () => loadGateway(live.configPath, environment),
    async send(count: number, model: string, headers: Readonly<Record<string, string>> = {}) {
      for (let sent = 0; sent < count; sent++) {
        const response = await live.chat(
          { model, max_tokens: 4 },
          { headers: { authorization: `Bearer ${CLIENT_SECRET}`, 'x-twin-output-tokens': '4', ...headers } },
        );
        await response.text();
      }
    },
    open,
    async enter(hash?: string, options?: OpenOptions) {
      const page = await open(hash, options);
      await signIn(page);
      return page;
    },
  });
}

/** Falls ill soon and gets well soon. */
const STAGE_POLICY = {
  health: {
    minSamples: 3,
    cooldownMs: 4_000,
    cooldownMaxMs: 4_000,
    probesToRecover: 1,
    probeRate: 0,
    windowMs: 20_000,
  },
  retry: { attemptsMax: 1 },
  queue: { recoveryWaitMaxMs: 0 },
};

/** As a person does it. */
export async function signIn(page: Page, token = ADMIN_TOKEN): Promise<void> {
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
}

const WIDTH = 1_280;
const HEIGHT = 900;
/** What a page did that it must not do, by its context. */
const offences = new WeakMap<BrowserContext, string[]>();
const openContexts = new Set<BrowserContext>();

async function openPage(browser: Browser, url: string, hash: string, options: OpenOptions): Promise<Page> {
  const { width = WIDTH, colorScheme = 'light' } = options;
  const context = await browser.newContext({ viewport: { width, height: HEIGHT }, colorScheme });
  const seen: string[] = [];
  offences.set(context, seen);
  openContexts.add(context);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const { host } = new URL(url);
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.protocol !== 'data:' && to.host !== host) seen.push(`called ${request.url()}`);
  });
  page.on('pageerror', (error) => seen.push(`threw ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') seen.push(`said ${message.text()}`);
  });
  await page.goto(`${url}/console${hash}`);
  return page;
}

/**
 * Closes all pages of the test.
 *
 * @param expected what a page may say on its console, as when the proxy refuses a call on purpose
 * @throws AssertionError when a page called somebody else, threw, or complained
 */
export async function closePages(expected: readonly RegExp[] = []): Promise<void> {
  const found = [...openContexts].flatMap((context) => offences.get(context) ?? []);
  const contexts = [...openContexts];
  openContexts.clear();
  await Promise.all(contexts.map((context) => context.close()));
  expect(found.filter((line) => !expected.some((pattern) => pattern.test(line)))).toEqual([]);
}

/** How Chromium reports an answer with an error status; no fault of the page. */
export const REFUSED_CALL = /said Failed to load resource: the server responded with a status of/;
