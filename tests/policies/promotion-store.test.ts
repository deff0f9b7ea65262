import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openPromotionStore, STATE_FILE } from '../../src/policies/promotion-store.ts';
import { enterStage, mayFollow } from '../../src/policies/stage.ts';
import { STAGES } from '../../src/policies/promotion.ts';
import { temporaryFolder } from '../log/temporary-folder.ts';
import { bringToActive, startHost } from './host-in-small.ts';

const path = temporaryFolder();

/** A folder with a promotion in canary over an active one. */
function folderWithPromotions(name: string): string {
  const folder = path(name);
  mkdirSync(folder);
  const small = startHost(folder);
  small.promote('first');
  bringToActive(small);
  small.promote('second', {
    policy: { ...small.lifecycle.main.policy, explorationRate: 0.1 },
    plan: { shadowForMs: 0 },
  });
  small.pass(1_000);
  small.lifecycle.stop();
  return folder;
}

it('keeps what was written, and leaves nothing else behind', () => {
  const folder = folderWithPromotions('whole');
  expect(readdirSync(folder).toSorted()).toEqual(['promotion-stage.json', 'promotions.json']);
  const { state, stageRecord } = openPromotionStore(folder);
  expect(state.open).toMatchObject({ policyName: 'second', stage: 'canary', incumbentName: 'first' });
  expect(state.active).toMatchObject([{ policyName: 'first', stage: 'active' }]);
  expect(stageRecord).toMatchObject({ promotionId: state.open!.id, stage: 'canary' });
});

it('is empty in a new folder', () => {
  const folder = path('new');
  mkdirSync(folder);
  const { state, stageRecord } = openPromotionStore(folder);
  expect([state.open, state.active, state.past, stageRecord]).toEqual([null, [], [], null]);
});

it.each<[string, (text: string) => string, RegExp]>([
  ['cut off', (text) => text.slice(0, 200), /promotions\.json: is not JSON; it was damaged; put it back/],
  ['of something else', () => '[]', /promotions\.json: .*; put it back from a copy, or move it away/],
  ['with an unknown stage', (text) => text.replace('"stage":"canary"', '"stage":"somewhere"'), /open\.stage/],
  ['with a stage that cannot be there', (text) => text.replace('"stage":"canary"', '"stage":"active"'), /is in active/],
  [
    'with a policy edited by hand',
    (text) => text.replaceAll('"explorationRate":0.1', '"explorationRate":0.2'),
    /its policy is not the one that was promoted; the file was changed/,
  ],
])('a file %s is a clear error', (name, change, message) => {
  const folder = folderWithPromotions(`broken ${name}`);
  const file = join(folder, STATE_FILE);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  expect(() => openPromotionStore(folder)).toThrow(message);
});

it('only steps of the table are taken', () => {
  const { state } = openPromotionStore(folderWithPromotions('steps'));
  const step = { atMs: 1, who: 'anna', why: 'to see' };
  expect(() => enterStage(state.open!, 'staged', step)).toThrow(/no step leads from canary to staged/);
  expect(enterStage(state.open!, 'active', step)).toMatchObject({ stage: 'active', stageSinceMs: 1 });
  const ends = STAGES.filter((from) => STAGES.every((to) => !mayFollow(from, to)));
  expect(ends).toEqual(['rolled_back']);
});
