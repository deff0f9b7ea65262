/**
 * `npm run pictures`: makes the README's pictures again, from runs on the embedded trace: a chart of a report, and what
 * two notebooks and the console of a busy proxy look like in the machine's Chromium.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import { buildNotebooks } from '../../notebooks/build/build-notebooks.ts';
import { writeReport } from '../../reports/write-report.ts';
import { openLiveStage, type LiveStage } from '../../src/cli/live-stage.ts';
import { exampleData } from '../../src/cli/notebook/example-data.ts';
import { readPolicies, readTrace } from '../../src/cli/read-inputs.ts';
import { runComparison } from '../../src/cli/run-comparison.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { launchChromium } from '../browser/launch-chromium.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PICTURES = {
  trafficShare: join(ROOT, 'reports', 'example', 'traffic-share.png'),
  whatIf: join(ROOT, 'notebooks', 'example', 'what-if.png'),
  whyThisTarget: join(ROOT, 'notebooks', 'example', 'why-this-target.png'),
  console: join(ROOT, 'src', 'console', 'example', 'overview.png'),
  consoleExplain: join(ROOT, 'src', 'console', 'example', 'explain.png'),
};
const WIDTH = 1_240;
const TRACE = 'datasets/embedded/lab.parquet';
const SCENARIO = 'provider-outage';
/** Of the traffic that the console is looked at in: the embedded hour in a minute and a half. */
const SPEED = 40;
/** In the scenario `aurora` is down then, and `borealis` slow. */
const TROUBLE_MS = (25 * 60_000) / SPEED;

async function drawReport(folder: string): Promise<void> {
  const comparison = await runComparison({
    trace: { ...(await readTrace(embeddedTracePath())), name: TRACE },
    scenario: loadScenario(SCENARIO),
    policies: readPolicies('ranked,weighted,round-robin,least-busy'),
    seed: 1,
    command: `tokenpool compare ${TRACE} --scenario ${SCENARIO}`,
  });
  const { charts } = await writeReport(comparison, join(folder, 'report'));
  const drawn = charts.find((path) => path.endsWith('traffic-share.png'));
  if (drawn === undefined) throw new Error('the report has no chart of shares');
  await copyFile(drawn, PICTURES.trafficShare);
}

async function photographNotebooks(browser: Browser, folder: string): Promise<void> {
  const out = join(folder, 'notebooks');
  const data = [await exampleData('what-if'), await exampleData('why-this-target')];
  await buildNotebooks(data, out);
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } });
  await page.goto(pathToFileURL(join(out, 'what-if.html')).href);
  const first = await page.locator('#decisions').getAttribute('data-hash');
  await page.getByLabel('weight of cost').first().fill('0.8');
  await page.locator(`#decisions:not([data-hash="${first}"])`).waitFor();
  await photograph(page, PICTURES.whatIf, ['The sliders', 'When the first token is late']);
  await page.goto(pathToFileURL(join(out, 'why-this-target.html')).href);
  await page.getByText('Was it close?').first().waitFor();
  await photograph(page, PICTURES.whyThisTarget, ['What was ruled out, and why?', 'What spoke for it?']);
  await page.close();
}

/** The console of a proxy that the embedded hour goes through, in its worst minutes, and a decision of that hour. */
async function photographConsole(browser: Browser, folder: string): Promise<void> {
  const trace = await readTrace(embeddedTracePath());
  const { scenario } = loadScenario(SCENARIO);
  const policy = loadPolicy('weighted');
  const stage = await openLiveStage({ trace, scenario, policy, seed: 1, speed: SPEED, folder: join(folder, 'live') });
  try {
    const url = await stage.startProxy();
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 1_060 } });
    await signIn(page, url, stage);
    const sent = stage.send(trace, () => undefined);
    await sleep(TROUBLE_MS);
    await page.screenshot({ path: PICTURES.console });
    await sent;
    await page.goto(`${url}/console#/decisions`);
    await page.getByLabel('Ending').selectOption('completed');
    await page.getByRole('table').getByRole('link').first().click();
    await page.getByRole('dialog').getByText('(chosen)').first().waitFor();
    await page.screenshot({ path: PICTURES.consoleExplain });
    await page.close();
  } finally {
    await stage.close();
  }
}

async function signIn(page: Page, url: string, { adminToken }: LiveStage): Promise<void> {
  await page.goto(`${url}/console`);
  await page.getByLabel('Admin token').fill(adminToken);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
}

/** The stretch of a page between two headings. */
async function photograph(page: Page, path: string, [from, to]: readonly [string, string]): Promise<void> {
  const topOf = async (heading: string): Promise<number> =>
    (await page.getByRole('heading', { name: heading }).first().boundingBox())?.y ?? 0;
  const y = (await topOf(from)) - 16;
  const height = (await topOf(to)) - y - 24;
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y, width: WIDTH, height } });
}

const folder = await mkdtemp(join(tmpdir(), 'tokenpool-pictures-'));
try {
  await drawReport(folder);
  const browser = await launchChromium();
  try {
    await photographNotebooks(browser, folder);
    await photographConsole(browser, folder);
  } finally {
    await browser.close();
  }
  process.stdout.write(`${Object.values(PICTURES).join('\n')}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
