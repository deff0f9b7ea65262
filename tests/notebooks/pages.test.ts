import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildNotebooks, notebookPath } from '../../notebooks/build/build-notebooks.ts';
import { servePages } from '../../notebooks/build/serve-pages.ts';
import { NOTEBOOKS, type NotebookName } from '../../notebooks/catalogue.ts';
import { choiceLine, replayedRun, type ReplayedRun } from '../../notebooks/parts/replayed-run.ts';
import { policyOf, slidersOf, type SliderValues } from '../../notebooks/parts/slider-policy.ts';
import type { NotebookData } from '../../notebooks/tables/notebook-data.ts';
import type { ReplayedTraffic } from '../../notebooks/tables/replay-tables.ts';
import { exampleData } from '../../src/cli/notebook/example-data.ts';
import { launchChromium } from '../browser/launch-chromium.ts';

const out = join(mkdtempSync(join(tmpdir(), 'tokenpool-pages-')), 'out');
const NAMES = NOTEBOOKS.map(({ name }) => name);
let browser: Browser;
let traffic: ReplayedTraffic;
let connections: number;

beforeAll(async () => {
  const connect = vi.spyOn(Socket.prototype, 'connect');
  const data: NotebookData[] = [];
  for (const name of NAMES) data.push(await exampleData(name));
  const written = await buildNotebooks(data, out);
  connections = connect.mock.calls.length;
  connect.mockRestore();
  expect(written.map(({ name }) => name)).toEqual(NAMES);
  traffic = (data.find(({ name }) => name === 'what-if') as { traffic: ReplayedTraffic }).traffic;
  browser = await launchChromium();
  // In a fresh clone the example is made first: seconds, or a minute where all else runs at the same time.
}, 180_000);

afterAll(async () => {
  await browser?.close();
  rmSync(join(out, '..'), { recursive: true });
});

/** A page that notes what goes wrong, and what it asks for besides itself. */
async function openPage(
  url: string,
): Promise<{ readonly page: Page; readonly trouble: string[]; readonly asked: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1_240, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  const trouble: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) trouble.push(message.text());
  });
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('request', (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && request.url() !== url) asked.push(request.url());
  });
  await page.goto(url);
  return { page, trouble, asked };
}

const pageText = (name: NotebookName): string => readFileSync(join(out, `${name}.html`), 'utf8');
const fileUrl = (name: NotebookName): string => pathToFileURL(join(out, `${name}.html`)).href;

/** Numbers of the cells that show something: text, and code that displays. */
function shownCells(name: NotebookName): number[] {
  const cells = readFileSync(notebookPath(name), 'utf8').matchAll(
    /<script id="(\d+)" type="([^"]+)"([^>]*)>([\s\S]*?)<\/script>/g,
  );
  return [...cells]
    .filter(([, , type, , body = '']) => type === 'text/markdown' || /\b(?:display|view)\(/.test(body))
    .map(([, id]) => Number(id));
}

const emptyCells = (page: Page, ids: readonly number[]): Promise<number[]> =>
  page.evaluate(
    (all) =>
      all.filter((id) => {
        const document = (
          globalThis as unknown as { document: { getElementById(id: string): { childElementCount: number } | null } }
        ).document;
        return (document.getElementById(`cell-${id}`)?.childElementCount ?? 0) === 0;
      }),
    [...ids],
  );

describe('the build', () => {
  test('opens no connection', () => {
    expect(connections).toBe(0);
  });

  test.each(NAMES)('writes %s without an address to fetch from', (name) => {
    const html = pageText(name);
    const found = (pattern: RegExp): string[] => [...html.matchAll(pattern)].map(([match]) => match);
    expect(found(/(?:src|href)=["']?(?:https?:)?\/\/.{0,60}/g)).toEqual([]);
    expect(found(/(?:import|from|fetch|url)\s*\(?\s*["'`]?(?:https?:)?\/\/.{0,60}/g)).toEqual([]);
    // What is left are names of XML's, and a link in a message of a library.
    const hosts = new Set([...html.matchAll(/https?:\/\/([a-z0-9.-]+)/g)].map(([, host]) => host));
    expect([...hosts].filter((host) => host !== 'www.w3.org' && host !== 'github.com')).toEqual([]);
  });

  test('links pages to those beside them', () => {
    expect(pageText('ranked-vs-weighted').includes('./can-i-trust-it.html')).toBe(true);
    expect(pageText('why-this-target').includes('./what-if.html')).toBe(true);
  });
});

describe('in a browser', () => {
  test.each(NAMES)('every cell of %s renders, from a folder, and nothing is asked for', async (name) => {
    const { page, trouble, asked } = await openPage(fileUrl(name));
    const shown = shownCells(name);
    expect(shown.length).toBeGreaterThan(8);
    await expect.poll(() => emptyCells(page, shown), { timeout: 20_000 }).toEqual([]);
    expect(await page.locator('.observablehq--error').allInnerTexts()).toEqual([]);
    expect(await page.locator('.panel svg').count()).toBeGreaterThan(1);
    expect(await page.locator('main').innerText()).not.toMatch(/\bNaN\b|\bundefined\b|\bInfinity\b|\[object/);
    expect(trouble).toEqual([]);
    expect(asked).toEqual([]);
    await page.context().close();
  });

  test('on a phone, a chart that is cut has a shadow where it goes on, and the page stays as wide as the phone', async () => {
    const { page } = await openPage(fileUrl('why-this-target'));
    await page.setViewportSize({ width: 360, height: 800 });
    const chart = page.locator('.panel.wide').first();
    await chart.waitFor();
    // What covers the shadow moves with the chart; the shadow itself stays.
    const [attachment, isCut] = await chart.evaluate((element) => {
      const view = globalThis as unknown as { getComputedStyle(of: unknown): { backgroundAttachment: string } };
      const { scrollWidth, clientWidth } = element as unknown as { scrollWidth: number; clientWidth: number };
      return [view.getComputedStyle(element).backgroundAttachment, scrollWidth > clientWidth] as const;
    });
    expect([attachment, isCut]).toEqual(['local, local, scroll, scroll, scroll', true]);
    const wide = 'document.documentElement.scrollWidth';
    expect(await page.evaluate(wide)).toBe(360);
    await page.context().close();
  });

  test('pages stand on a server of this machine too, and nothing else does', async () => {
    const server = await servePages(out, 0);
    try {
      const { page, trouble, asked } = await openPage(server.url);
      await page.getByRole('link', { name: 'Ranked against weighted' }).click();
      await page.locator('.panel svg').first().waitFor();
      expect(trouble).toEqual([]);
      expect(asked).toEqual([`${server.url}ranked-vs-weighted.html`]);
      await page.context().close();
      const table = await fetch(`${server.url}ranked-vs-weighted/runs.arrow`);
      expect([table.status, table.headers.get('content-type')]).toEqual([200, 'application/vnd.apache.arrow.file']);
      for (const path of ['nowhere.html', '..%2f..%2fpackage.json', '%', 'ranked-vs-weighted']) {
        expect((await fetch(server.url + path)).status).toBe(404);
      }
      expect((await fetch(server.url, { method: 'POST' })).status).toBe(404);
    } finally {
      await server.close();
    }
  });
});

describe('the core on the page of what-if', () => {
  const wanted = (values: Partial<SliderValues>, scenario = 0) => {
    const { rows, scenarios, policy, seed } = traffic;
    const changed = policyOf(policy, { ...slidersOf(policy), ...values });
    return replayedRun({ rows, scenario: scenarios[scenario]!, policy: changed, name: '', seed });
  };

  /** Engines round `exp` differently in the last place, and probabilities are made of it. */
  const ROUNDING = 1e-12;

  /** Holds the list that the page offers, once its hash is that of the list in hand, against this one. */
  async function compareLists(page: Page, { decisions, decisionsHash }: ReplayedRun): Promise<void> {
    await page.locator(`#decisions[data-hash="${decisionsHash}"]`).waitFor({ timeout: 15_000 });
    const href = await page.locator('#decisions a').getAttribute('href');
    const text = await page.evaluate((address) => fetch(address).then((answer) => answer.text()), href ?? '');
    const onPage = text
      .split('\n')
      .slice(1)
      .map((line) => ({ choice: line.slice(0, line.lastIndexOf(',')), propensity: Number(line.split(',').at(-1)) }));
    expect(onPage.map(({ choice }) => choice)).toEqual(decisions.map(choiceLine));
    const apart = decisions.map(({ propensity }, index) => Math.abs(propensity - (onPage[index]?.propensity ?? NaN)));
    expect(Math.max(...apart)).toBeLessThan(ROUNDING);
  }

  test('changes nothing before a slider moves, even of a policy whose numbers lie between the steps', async () => {
    const policy = {
      ...traffic.policy,
      explorationRate: 0.00027,
      score: { ...traffic.policy.score, sharpness: 4.428, weights: { ...traffic.policy.score.weights, cache: 0.9632 } },
    };
    const folder = join(out, '..', 'odd');
    const rows = traffic.rows.slice(0, 300);
    await buildNotebooks([{ name: 'what-if', traffic: { ...traffic, rows, policy } }], folder);
    const { page, trouble } = await openPage(pathToFileURL(join(folder, 'what-if.html')).href);
    const exact = await replayedRun({ rows, scenario: traffic.scenarios[0]!, policy, name: '', seed: traffic.seed });
    await compareLists(page, exact);
    expect(await page.getByText('All six weights stand at 0').count()).toBe(0);
    for (const slider of await page.getByLabel(/^weight of/).all()) await slider.fill('0');
    await page.getByText('All six weights stand at 0').waitFor();
    await compareLists(page, exact);
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  test('decides as the core in Node does, one by one, wherever the sliders stand', async () => {
    const { page, trouble } = await openPage(fileUrl('what-if'));
    const asItStands = await wanted({});
    expect(asItStands.decisions.length).toBeGreaterThanOrEqual(traffic.rows.length);
    await compareLists(page, asItStands);

    await page.getByLabel('pick').selectOption('weighted');
    await page.getByLabel('exploration').first().fill('0.2');
    await page.getByLabel('weight of cost').first().fill('0.9');
    const moved = await wanted({ mode: 'weighted', explorationRate: 0.2, cost: 0.9 });
    await compareLists(page, moved);

    await page.getByLabel('providers').selectOption('tight-budget');
    await page.getByLabel('budget: soft from').first().fill('0.3');
    const pressed = await wanted({ mode: 'weighted', explorationRate: 0.2, cost: 0.9, softThreshold: 0.3 }, 1);
    await compareLists(page, pressed);

    const hashes = [asItStands, moved, pressed].map(({ decisionsHash }) => decisionsHash);
    expect(new Set(hashes).size).toBe(3);
    expect(trouble).toEqual([]);
    await page.context().close();
  });
});
