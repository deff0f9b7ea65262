/** What one does to the proxy: promote a policy and roll it back, and ask it something. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { parsePolicy, policyHash } from '../../../src/config/load-policy.ts';
import { evidenceFor } from '../../policies/evidence-in-small.ts';
import { CLIENT_SECRET, closePages, consoleStage, FAILING, REFUSED_CALL, signIn } from './console-stage.ts';

const stage = consoleStage();
afterEach(() => closePages([REFUSED_CALL]));

/** A candidate in the form of a file, with evidence that speaks for it. */
function candidateFile(explorationRate: number, hasEvidence = true): { readonly text: string; readonly hash: string } {
  const { pool, policy: inForce, form } = stage().gateway();
  expect(form.policy).toBe('policy.yaml');
  const policy = { ...inForce.policy, explorationRate };
  const parsed = parsePolicy('candidate', policy);
  const evidence = hasEvidence ? { evidence: evidenceFor(parsed, pool, inForce.policy) } : {};
  return { text: JSON.stringify({ ...policy, ...evidence }), hash: policyHash(parsed) };
}

async function chooseFile(page: Page, name: string, text: string): Promise<void> {
  await page
    .getByLabel('Candidate policy file')
    .setInputFiles({ name, mimeType: 'application/yaml', buffer: Buffer.from(text) });
}

const promotionNow = (): unknown => stage().proxy.policies.candidate;

describe('policies', () => {
  it('promotes a candidate only once it is confirmed, and rolls it back only with a reason', async () => {
    const { enter, send } = stage();
    const page = await enter('#/policies');
    await page.getByRole('heading', { name: 'In force: policy' }).waitFor();
    const { text, hash } = candidateFile(0.05);
    await chooseFile(page, 'steadier.yaml', text);
    const preview = page.getByRole('group', { name: 'Candidate steadier' });
    await preview.getByText(hash).waitFor();
    await preview.getByText('cost is 20 to 40 % lower').waitFor();
    await page.getByLabel('Your name').fill('anna');
    await page.getByLabel('Shadow for').fill('0');
    await page.getByLabel('Canary, share of the sessions').fill('20');
    await page.getByRole('button', { name: 'Promote …' }).click();
    const question = page.getByRole('dialog', { name: 'Promote steadier?' });
    await question.getByText(hash).waitFor();
    await question.getByText(/^Then 20\.0\s% of the sessions go by it for 10\smin/).waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    expect(promotionNow()).toBeNull();

    await page.getByRole('button', { name: 'Promote …' }).click();
    await question.getByRole('button', { name: 'Promote', exact: true }).click();
    await page.getByText('steadier is taken in.').waitFor();
    await page.getByRole('heading', { name: 'On its way: steadier, in canary' }).waitFor();
    await send(3, 'small');
    const guards = page.getByRole('table', { name: 'Guards, as they stand now' });
    expect(await guards.locator('tbody tr').count()).toBe(4);
    await page.getByRole('table', { name: /^Predicted, on day, with 95 % intervals; and measured/ }).waitFor();

    await page.getByRole('button', { name: 'Roll back …' }).click();
    const back = page.getByRole('dialog', { name: 'Roll steadier back?' });
    await back.getByRole('button', { name: 'Cancel' }).click();
    await back.waitFor({ state: 'detached' });
    expect(promotionNow()).not.toBeNull();
    await page.getByRole('button', { name: 'Roll back …' }).click();
    await back.getByRole('button', { name: 'Roll back', exact: true }).click();
    await back.getByText('Say who you are and why: both stay in the history.').waitFor();
    await back.getByLabel('Why').fill('seen enough');
    await back.getByRole('button', { name: 'Roll back', exact: true }).click();
    await page.getByText('steadier was rolled back.').waitFor();
    expect(promotionNow()).toBeNull();
    await page
      .getByRole('table', { name: 'Steps of promotions, newest first' })
      .getByRole('row', { name: /canary → rolled back anna seen enough/ })
      .waitFor();
  });

  it('says what is wrong with a file, and what the proxy has against a candidate', async () => {
    const page = await stage().enter('#/policies');
    await chooseFile(page, 'odd.yaml', 'explorationRat: 0.1');
    await page.getByText(/^odd\.yaml: explorationRat: unknown field; did you mean explorationRate\?/).waitFor();
    await chooseFile(page, 'broken.yaml', 'a: [1');
    await page.getByText(/^broken\.yaml: not valid YAML: /).waitFor();
    await chooseFile(page, 'empty.yaml', '');
    await page.getByText('empty.yaml: the file is empty').waitFor();
    await page.getByLabel('Your name').fill('');
    await page.getByText('Choose a file. Say who you are.').waitFor();
    expect(await page.getByRole('button', { name: 'Promote …' }).isDisabled()).toBe(true);
    await chooseFile(page, 'bare.yaml', candidateFile(0.07, false).text);
    await page.getByLabel('Your name').fill('bert');
    await page.getByLabel('Cost per request, at most').fill('cheap');
    await page.getByText('Expected a number, got "cheap".').waitFor();
    await page.getByText('Mend the plan.').waitFor();
    await page.getByLabel('Cost per request, at most').fill('1.1');
    await page.getByRole('button', { name: 'Promote …' }).click();
    const question = page.getByRole('dialog', { name: 'Promote bare?' });
    await question.getByRole('button', { name: 'Promote', exact: true }).click();
    await question.getByText(/^bare: there is no evidence with it/).waitFor();
    expect(promotionNow()).toBeNull();
  });
});

describe('the playground', () => {
  it('streams an answer, says how it was served, and leads to its story', async () => {
    const page = await stage().enter('#/playground');
    await page.getByText('Give a client key to see its models.').waitFor();
    expect(await page.getByText('Models cannot be listed').count()).toBe(0);
    await page.getByLabel('Client key').fill(CLIENT_SECRET);
    await page.getByLabel('Model').selectOption('small');
    await page.getByLabel('Most tokens in the answer').fill('120');
    await page.getByLabel('Message', { exact: true }).fill('Tell me something.');
    await page.keyboard.press('Control+Enter');
    const answer = page.locator('.answer');
    await answer.waitFor();
    const early = (await answer.textContent()) ?? '';
    await page.getByText('The answer is complete.').waitFor();
    // It came piece by piece.
    expect(((await answer.textContent()) ?? '').length).toBeGreaterThan(early.length);
    const card = page.getByRole('article');
    await card.getByText('x-token-pool-target').waitFor();
    await card.getByText(/^(aurora|borealis)\.\w+\.small$/).waitFor();
    await card.getByText(/^\d+ in \(0 from a cache\), \d+ out$/).waitFor();
    await card.getByText(/^after \d+(\.\d+)?\s(ms|s)$/).waitFor();
    // The key stays in memory.
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])')).not.toContain(
      CLIENT_SECRET,
    );
    await card.getByRole('link', { name: 'Why it went where it went' }).click();
    await page
      .getByRole('dialog')
      .getByRole('heading', { name: /^Attempt 1: (aurora|borealis)/ })
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Playground' }).click();
    await page.getByText('The answer is complete.').waitFor();
    // Nothing of it is left for whoever comes next.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page);
    await page.getByText('Nothing was asked yet.').waitFor();
    expect(await page.getByLabel('Client key').inputValue()).toBe('');
  });

  it('stops on demand, and tells errors in plain words', async () => {
    const { enter, rough } = stage();
    const page = await enter('#/playground');
    await page.getByLabel('Client key').fill(CLIENT_SECRET);
    await page.getByLabel('Model').selectOption('small');
    await page.getByLabel('Message', { exact: true }).fill('At length, please.');
    await page.getByLabel('Most tokens in the answer').fill('-5');
    await page.getByText('Expected a whole number of at least 1, or nothing for no limit; got "-5".').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await page.getByLabel('Most tokens in the answer').fill('4000');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.answer').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.').waitFor();
    await page.getByLabel('Client key').fill('sk-wrong');
    await page.getByText('Models cannot be listed: The client key is missing or not known.').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await page.getByLabel('Client key').fill(CLIENT_SECRET);
    await page.getByLabel('Model').selectOption('m');
    rough.behave = FAILING;
    await page.getByLabel('Message', { exact: true }).fill('Hm?');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('The call failed.').waitFor();
    await page.getByText(/^Every provider that was tried failed\..*\(status 502\)$/).waitFor();
  });
});
