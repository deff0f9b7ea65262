import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, closePages, consoleStage, REFUSED_CALL, signIn } from './console-stage.ts';

const stage = consoleStage();
afterEach(() => closePages([REFUSED_CALL]));

const OTHER_TOKEN = 'operators-only-8a2d';

describe('the gate', () => {
  it('lets nobody in with a wrong token, and whoever has the right one', async () => {
    const page = await stage().open('#/decisions');
    await page.getByLabel('Admin token').fill('a-guess');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('That is not the admin token.').waitFor();
    expect(await page.getByLabel('Admin token').inputValue()).toBe('');
    await signIn(page);
    // Where one wanted to go.
    await page.getByRole('heading', { level: 1, name: 'Decisions' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    // The token is nowhere that a script could read later.
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])')).not.toContain(
      ADMIN_TOKEN,
    );
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You have signed out.').waitFor();
    // Not a moment later either, when the page hears that its live stream is over.
    await page.waitForTimeout(300);
    expect(await page.getByText('Your session has ended.').count()).toBe(0);
    await page.getByLabel('Admin token').waitFor();
    await page.reload();
    await page.getByLabel('Admin token').waitFor();
  });

  it('tells that a session has ended, and leads back to where one was', async () => {
    const { enter, folder, gateway } = stage();
    const page = await enter('#/policies');
    await page.getByRole('heading', { name: 'Promote a policy' }).waitFor();
    const before = gateway().adminTokenHash;
    stage().rewrite({ admin: { tokenFile: 'admin-token' } });
    writeFileSync(join(folder, 'admin-token'), OTHER_TOKEN);
    stage().proxy.reload();
    expect(gateway().adminTokenHash).not.toEqual(before);
    await page.getByText('Your session has ended. Sign in again to go on where you were.').waitFor();
    await signIn(page, OTHER_TOKEN);
    await page.getByRole('heading', { name: 'Promote a policy' }).waitFor();
    stage().rewrite({ admin: { tokenEnv: 'STAGE_ADMIN' } });
    stage().proxy.reload();
  });

  it('says how long to wait after too many tries', async () => {
    const { open, url } = stage();
    const page = await open();
    // Before the guesses, as they are forgiven with time.
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    for (let tries = 0; tries < 11; tries++) {
      await fetch(`${url}/console/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: `guess-${tries}` }),
      });
    }
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(/^Too many tries with a wrong token came from this address\. Wait \d+ seconds?,/).waitFor();
  });

  it('says how to turn the console on where no admin token is set', async () => {
    const { open } = stage();
    stage().rewrite({ admin: {} });
    stage().proxy.reload();
    const page = await open();
    await page.getByRole('heading', { name: 'The console is off' }).waitFor();
    await page.getByText(/set admin\.tokenEnv or admin\.tokenFile in/).waitFor();
  });
});
