/** The short form of a proof; `npm run prove -- --only memory` replays ten million requests. */
import { expect, test } from 'vitest';
import { replayGenerated } from '../../prove/replay-generated.ts';

const MEBIBYTE = 2 ** 20;

test('memory does not grow with the length of a run', async () => {
  const { requests, rssMax, rssMaxAtQuarter } = await replayGenerated(200_000);
  expect(requests).toBe(200_000);
  expect(rssMax).toBeLessThan(512 * MEBIBYTE);
  expect(rssMax - rssMaxAtQuarter).toBeLessThan(128 * MEBIBYTE);
});
