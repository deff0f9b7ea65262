/** What holds of every view: it can be used without a mouse, on a phone, in light and dark, and by whoever cannot see it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TITLES, VIEWS, hashOf, type View } from '../../../src/console/place.ts';
import {
  ADMIN_TOKEN,
  CLIENT_SECRET,
  closePages,
  consoleStage,
  FAILING,
  REFUSED_CALL,
  type ConsoleStage,
} from './console-stage.ts';

const stage = consoleStage();
afterEach(() => closePages([REFUSED_CALL]));

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const STORY = 'a-known-request';

/** Something of everything, so that no view is empty. */
beforeAll(async () => {
  const { send, rough } = stage();
  await send(3, 'small', {});
  await send(1, 'small', { 'x-token-pool-request-id': STORY });
  rough.behave = FAILING;
  await send(4, 'm');
});

/** Goes to a view and waits until it has something to show. */
async function show(page: Page, { url }: ConsoleStage, view: View, item: string | null = null): Promise<void> {
  await page.goto(`${url}/console${hashOf(view, item)}`);
  await page.getByRole('heading', { level: 1, name: TITLES[view], includeHidden: true }).waitFor();
  const sign: Readonly<Record<View, string>> = {
    overview: '.chart svg',
    decisions: '.feed tbody tr',
    policies: '#promote-title',
    clients: 'article',
    playground: '#question',
  };
  await page.locator(sign[view]).first().waitFor();
}

async function seriousFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const { violations, passes } = (await page.evaluate('axe.run(document)')) as AxeResults;
  // It did look.
  expect(passes.length).toBeGreaterThan(10);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${String(target)}: ${failureSummary ?? ''}`),
    );
}

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it('has no serious fault that axe knows', async () => {
    const page = await stage().open('', { colorScheme });
    await page.getByLabel('Admin token').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.keyboard.press('Enter');
    for (const view of VIEWS) {
      await show(page, stage(), view);
      if (view === 'overview') await page.getByText('The same as a table').click();
      expect([view, await seriousFaults(page)]).toEqual([view, []]);
    }
    await show(page, stage(), 'decisions', STORY);
    await page.getByRole('heading', { name: /^Attempt 1: / }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await show(page, stage(), 'overview', 'comet.main.m');
    await page.getByRole('button', { name: 'Disable …' }).click();
    await page.getByRole('button', { name: 'Disable the target' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const ground = (await page.evaluate('getComputedStyle(document.body).backgroundColor')) as string;
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(245, 246, 248)' : 'rgb(15, 19, 23)');
  });
});

describe('on a phone', () => {
  it('no view is wider than the screen', async () => {
    // One that rests counts down, in words that only a screen reader hears.
    const rest = await fetch(`${stage().url}/admin/targets/aurora.main.small/cool`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: '{"forMs": 60000}',
    });
    expect(rest.status).toBe(200);
    const page = await stage().open('', { width: 360 });
    const overhang = (): Promise<unknown> => page.evaluate('document.documentElement.scrollWidth - innerWidth');
    await page.getByLabel('Admin token').waitFor();
    expect(await overhang()).toBeLessThanOrEqual(0);
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.keyboard.press('Enter');
    for (const view of VIEWS) {
      await show(page, stage(), view);
      expect([view, await overhang()]).toEqual([view, 0]);
    }
    await show(page, stage(), 'decisions', STORY);
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('heading', { name: /^Attempt 1: / }).waitFor();
    expect(
      await page.evaluate(
        "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('dialog'))",
      ),
    ).toBe(0);
    expect((await drawer.boundingBox())?.width).toBeLessThanOrEqual(360);
  });
});

describe('by keyboard alone', () => {
  /** Tabs until the focus is on something with that name, as somebody does who hears where one is. */
  async function tabTo(page: Page, name: string): Promise<void> {
    for (let steps = 0; steps < 80; steps++) {
      await page.keyboard.press('Tab');
      const focus = (await page.evaluate(
        // The body, which holds every text, is no place that one has come to.
        "(({ activeElement: at, body }) => at === body ? '' : (at?.getAttribute('aria-label') ?? (at?.labels?.[0] ?? at)?.textContent ?? '').trim())(document)",
      )) as string;
      if (focus.startsWith(name)) return;
    }
    throw new Error(`the keyboard does not lead to "${name}"`);
  }
  const focusIsSeen = (page: Page): Promise<unknown> =>
    page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'");

  it('one signs in, goes through the views, opens a story, and asks a model', async () => {
    const page = await stage().open();
    await page.getByLabel('Admin token').waitFor();
    await page.keyboard.type(ADMIN_TOKEN);
    await page.keyboard.press('Enter');
    await page.locator('.chart svg').first().waitFor();
    await tabTo(page, 'Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('main');
    await tabTo(page, 'comet.main.m');
    expect(await focusIsSeen(page)).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'comet.main.m' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Home');
    for (const view of VIEWS.slice(1)) {
      await page.evaluate('document.activeElement?.blur()');
      await page.getByRole('link', { name: 'Skip to the content' }).focus();
      await tabTo(page, TITLES[view]);
      expect(await focusIsSeen(page)).toBe(true);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: TITLES[view] }).waitFor();
      // Read from its head on.
      await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('main');
      if (view !== 'decisions') continue;
      await tabTo(page, STORY);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /^Attempt 1: / }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await tabTo(page, 'Client key');
    await page.keyboard.type(CLIENT_SECRET);
    await page.locator('#model option').first().waitFor({ state: 'attached' });
    // Any other model may come to the provider that fails.
    await tabTo(page, 'Model');
    await page.keyboard.type('small');
    await tabTo(page, 'Message');
    await page.keyboard.type('Hello');
    await tabTo(page, 'Send');
    await page.keyboard.press('Enter');
    await page.getByText('The answer is complete.').waitFor();
  });
});
