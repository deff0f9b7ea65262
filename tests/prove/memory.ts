/** Ten million requests in one run, in less than a gibibyte. */
import { replayGenerated } from './replay-generated.ts';
import { atMost, holds, mebibytes, seconds, type Proof } from './proof.ts';

const REQUESTS = 10_000_000;
const GIBIBYTE = 2 ** 30;

export const memory: Proof = {
  name: 'memory',
  about: `${REQUESTS} generated requests in one run, under 1 GiB`,
  async run(report) {
    const { requests, completed, wallMs, rssMax, rssMaxAtQuarter } = await replayGenerated(REQUESTS);
    const speed = Math.round((1_000 * requests) / wallMs);
    report(
      holds('requests', `${requests}, ${completed} completed`, `${REQUESTS}, all accounted for`, requests === REQUESTS),
    );
    report(holds('time', `${seconds(wallMs)}, ${speed} requests/s, generating included`, 'for information', true));
    report(atMost('highest resident set', rssMax, GIBIBYTE, mebibytes));
    report(atMost('of which grown in the last three quarters', rssMax - rssMaxAtQuarter, GIBIBYTE / 8, mebibytes));
  },
};
