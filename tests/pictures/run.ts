/**
 * `npm run pictures`: makes the README's pictures again, from runs on the embedded trace: a chart of a report, and what
 * two notebooks look like in the machine's Chromium.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import { buildNotebooks } from '../../notebooks/build/build-notebooks.ts';
import { writeReport } from '../../reports/write-report.ts';
import { exampleData } from '../../src/cli/notebook/example-data.ts';
import { readPolicies, readTrace } from '../../src/cli/read-inputs.ts';
import { runComparison } from '../../src/cli/run-comparison.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { launchChromium } from '../browser/launch-chromium.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PICTURES = {
  trafficShare: join(ROOT, 'reports', 'example', 'traffic-share.png'),
  whatIf: join(ROOT, 'notebooks', 'example', 'what-if.png'),
  whyThisTarget: join(ROOT, 'notebooks', 'example', 'why-this-target.png'),
};
const WIDTH = 1_240;

async function drawReport(folder: string): Promise<void> {
  const comparison = await runComparison({
    trace: { ...(await readTrace(embeddedTracePath())), name: 'datasets/embedded/lab.parquet' },
    scenario: loadScenario('provider-outage'),
    policies: readPolicies('ranked,weighted,round-robin,least-busy'),
    seed: 1,
    command: 'tokenpool compare datasets/embedded/lab.parquet --scenario provider-outage',
  });
  const { charts } = await writeReport(comparison, join(folder, 'report'));
  const drawn = charts.find((path) => path.endsWith('traffic-share.png'));
  if (drawn === undefined) throw new Error('the report has no chart of shares');
  await copyFile(drawn, PICTURES.trafficShare);
}

async function photographNotebooks(folder: string): Promise<void> {
  const out = join(folder, 'notebooks');
  const data = [await exampleData('what-if'), await exampleData('why-this-target')];
  await buildNotebooks(data, out);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } });
    await page.goto(pathToFileURL(join(out, 'what-if.html')).href);
    const first = await page.locator('#decisions').getAttribute('data-hash');
    await page.getByLabel('weight of cost').first().fill('0.8');
    await page.locator(`#decisions:not([data-hash="${first}"])`).waitFor();
    await photograph(page, PICTURES.whatIf, ['The sliders', 'When the first token is late']);
    await page.goto(pathToFileURL(join(out, 'why-this-target.html')).href);
    await page.getByText('Was it close?').first().waitFor();
    await photograph(page, PICTURES.whyThisTarget, ['What was ruled out, and why?', 'What spoke for it?']);
  } finally {
    await browser.close();
  }
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
  await photographNotebooks(folder);
  process.stdout.write(`${Object.values(PICTURES).join('\n')}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
