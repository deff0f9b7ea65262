/** What one sees of the proxy: its targets, its traffic, and each request as it ends. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { closePages, consoleStage, FAILING, REFUSED_CALL, ROUGH_TARGET, WELL } from './console-stage.ts';

const stage = consoleStage();
afterEach(() => closePages([REFUSED_CALL]));

const rowOf = (page: Page, target: string): Locator => page.getByRole('row', { name: target });
const news = (page: Page): Locator => page.locator('div[role="status"].unseen');

describe('the feed', () => {
  it('shows requests as they end, holds still on demand, and shows what one chooses', async () => {
    const { enter, send } = stage();
    const page = await enter('#/decisions');
    await page.getByText('No request has ended yet.').waitFor();
    await send(3, 'small');
    await page.getByText('3 of 3 requests shown.').waitFor();
    await send(2, 'm');
    await page.getByText('5 of 5 requests shown.').waitFor();
    const rows = page.getByRole('table', { name: 'Requests that ended, newest first' }).locator('tbody tr');
    expect(await rows.count()).toBe(5);
    await page.getByRole('button', { name: 'Pause' }).click();
    await send(2, 'm');
    await page.getByText('Paused: 2 ended since.').waitFor();
    expect(await rows.count()).toBe(5);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByLabel('Target').selectOption('comet.main.m');
    await page.getByText('4 of 7 requests shown.').waitFor();
    await page.getByLabel('Ending').selectOption('rejected');
    await page.getByText('Nothing that ended fits these choices.').waitFor();
  });

  it('opens the story of a request by Enter, and goes back to its row by Esc', async () => {
    const { enter, send } = stage();
    await send(1, 'auto', { 'x-token-pool-request-id': 'asked-by-name' });
    const page = await enter('#/decisions');
    const link = page.getByRole('link', { name: 'asked-by-name' });
    await link.focus();
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog', { name: 'Request asked-by-name' });
    await drawer.getByRole('heading', { name: /^Attempt 1: \w+\.\w+\.\w+$/ }).waitFor();
    const candidates = drawer.getByRole('table', { name: 'Candidates; terms are from 0 to 1, larger is better' });
    expect(await candidates.locator('tbody tr').count()).toBe(4);
    await candidates.getByText('(chosen)').waitFor();
    await drawer.getByText('Propensity').waitFor();
    await drawer.getByText(/^success, status 200/).waitFor();
    // Focus stays inside of it.
    for (let step = 0; step < 6; step++) await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement?.closest('main') === null")).toBe(true);
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('asked-by-name');
  });

  it('tells what the proxy remembers when the log cannot be asked', async () => {
    const { enter, send } = stage();
    await send(1, 'm', { 'x-token-pool-request-id': 'remembered' });
    const page = await enter('#/decisions');
    await page.route('**/console/api/explain/**', (route) =>
      route.fulfill({ status: 500, json: { error: { code: 'internal_error', message: 'The log is busy.' } } }),
    );
    await page.getByRole('link', { name: 'remembered' }).click();
    const drawer = page.getByRole('dialog', { name: 'Request remembered' });
    await drawer.getByText('The log is busy.').waitFor();
    await drawer.getByRole('heading', { name: 'As the proxy remembers it' }).waitFor();
    await drawer.getByText(/^comet\.main\.m, by a new request, propensity 100\.00 %: success, status 200/).waitFor();
    await page.unroute('**/console/api/explain/**');
    await drawer.getByRole('button', { name: 'Ask again' }).click();
    await drawer.getByRole('heading', { name: 'Attempt 1: comet.main.m' }).waitFor();
  });

  it('opens by a click anywhere on a row and by its address, and says when there is no such request', async () => {
    const { enter, send, url } = stage();
    await send(1, 'm', { 'x-token-pool-request-id': 'by-address' });
    const page = await enter('#/decisions/by-address');
    const drawer = page.getByRole('dialog', { name: 'Request by-address' });
    await drawer.getByRole('heading', { name: 'Attempt 1: comet.main.m' }).waitFor();
    await drawer.getByRole('button', { name: 'Close' }).click();
    await drawer.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: 'by-address' }).getByText('comet.main.m').click();
    await drawer.waitFor();
    await page.goto(`${url}/console#/decisions/nobody-knows`);
    await page
      .getByRole('dialog', { name: 'Request nobody-knows' })
      .getByText(/no request nobody-knows/)
      .waitFor();
  });
});

describe('the connection', () => {
  it('is told when it is lost, and found again', async () => {
    const page = await stage().enter();
    await page.getByText('Live', { exact: true }).waitFor();
    const live = '**/console/live';
    await page.route(live, (route) => route.abort());
    // As when one comes back to a page that was hidden: it listens only while it is looked at.
    await page.evaluate(
      "Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))",
    );
    await page.evaluate(
      "Object.defineProperty(document, 'hidden', { value: false }); document.dispatchEvent(new Event('visibilitychange'))",
    );
    await page.getByText('Reconnecting', { exact: true }).waitFor();
    await page.unroute(live);
    await page.getByText('Live', { exact: true }).waitFor();
    await closePages([REFUSED_CALL, /ERR_FAILED/]);
  });
});

describe('targets', () => {
  it('one that fails goes down while one looks, counts down, and comes back', async () => {
    const { enter, send, rough } = stage();
    const page = await enter();
    const row = rowOf(page, ROUGH_TARGET);
    await row.getByText('healthy').waitFor();
    rough.behave = FAILING;
    await send(10, 'm');
    await row.getByText(/^(cooldown|unhealthy)$/).waitFor();
    await row.getByText(/recent attempts failed/).waitFor();
    const left = row.getByRole('cell').nth(1);
    const first = await left.textContent();
    expect(first).toMatch(/^0:0[0-4]/);
    await expect.poll(() => left.textContent(), { timeout: 10_000 }).not.toBe(first);
    // Read out for whoever does not see the table.
    await news(page)
      .getByText(new RegExp(`${ROUGH_TARGET} is (cooldown|unhealthy), was healthy`))
      .waitFor();
    rough.behave = WELL;
    await expect
      .poll(
        async () => {
          await send(1, 'm');
          return row.getByText('healthy').isVisible();
        },
        { timeout: 15_000, interval: 300 },
      )
      .toBe(true);
  });

  it('takes orders: to be disabled only once that is confirmed, to be enabled, to rest', async () => {
    const { enter } = stage();
    const page = await enter();
    const row = rowOf(page, 'aurora.spare.small');
    await row.getByRole('link').click();
    const drawer = page.getByRole('dialog', { name: 'aurora.spare.small' });
    await drawer.getByRole('button', { name: 'Disable …' }).click();
    const question = page.getByRole('dialog', { name: 'Disable aurora.spare.small?' });
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    expect(
      stage().proxy.driver.router.stateOf(stage().proxy.driver.router.targetIds.indexOf('aurora.spare.small')),
    ).toBe('healthy');
    await drawer.getByRole('button', { name: 'Disable …' }).click();
    await question.getByRole('button', { name: 'Disable the target' }).click();
    await drawer.getByText('aurora.spare.small is disabled.').waitFor();
    await drawer.getByRole('button', { name: 'Enable' }).click();
    await drawer.getByText('aurora.spare.small is enabled.').waitFor();
    await drawer.getByRole('button', { name: 'Let it rest' }).click();
    await drawer.getByText('aurora.spare.small rests for 10 min.').waitFor();
    await drawer.getByText(/^9:5\d$/).waitFor();
    await drawer.getByText('rests by an order, or since before the last start').waitFor();
    // What was forgotten with the order to come back is not shown as if it were measured.
    await drawer.getByText(/^95\.0\s% \(assumed\)$/).waitFor();
    await drawer.getByRole('button', { name: 'Enable' }).click();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await row.getByText('healthy').waitFor();
  });
});

describe('traffic', () => {
  it('is drawn with a description, and told as a table', async () => {
    const { enter, send } = stage();
    await send(5, 'small');
    const page = await enter();
    await page.getByRole('img', { name: /^Requests per second, the last hour: requests now/ }).waitFor();
    await page.getByRole('img', { name: /^Time to the first token, the last hour: p95 now/ }).waitFor();
    await page.getByLabel('Last day').check();
    await page.getByRole('img', { name: /^Failures per minute, the last day: failed attempts now/ }).waitFor();
    await page.getByText('The same as a table').click();
    const table = page.getByRole('table', { name: 'Traffic of the last day, newest first' });
    expect(Number(await table.locator('tbody td').first().textContent())).toBeGreaterThanOrEqual(5);
  });

  it('shows budgets as bars with their pressure', async () => {
    const page = await stage().enter();
    const bar = page.getByRole('meter', { name: 'client key team: requests per 1m' });
    expect(await bar.getAttribute('aria-valuetext')).toMatch(/^\d+\s% used, pressure 0\s%$/);
    await page.getByText(/\d+ of 400 requests in any minute/).waitFor();
  });
});
