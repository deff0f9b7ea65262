/** The page itself and its assets, which hold no secret and need no session. */
import type { FastifyInstance } from 'fastify';
import { AdminError } from '../admin/admin-error.ts';
import { bundleAssets, CONSOLE_SOURCES, type ConsoleAssets } from './bundle-assets.ts';
import type { ConsoleContext } from './console-context.ts';

/** Browsers say `gzip, deflate, br`; who weighs the encodings gets the plain bytes. */
const TAKES_GZIP = /(?:^|,)\s*gzip\s*(?:,|$)/i;
const BROKEN = 'The page of the console could not be built; the log of the proxy says why.';

/** Adds `GET /console` and `GET /console/assets/:name`. */
export function pageRoutes(app: FastifyInstance, { admin, sources = CONSOLE_SOURCES }: ConsoleContext): void {
  let bundling: Promise<ConsoleAssets> | null = null;
  // Once a process, whatever comes of it: the sources of a program that runs do not change.
  const assets = (): Promise<ConsoleAssets> =>
    (bundling ??= bundleAssets(sources).catch((error: unknown) => {
      admin.logger.error({ event: 'console', err: error }, 'the page of the console could not be built');
      throw new AdminError('internal_error', BROKEN);
    }));

  app.get('/', async (_request, reply) => {
    const html = pageHtml(await assets());
    return reply.header('content-type', 'text/html; charset=utf-8').send(html);
  });
  app.get<{ Params: { readonly name: string } }>('/assets/:name', async ({ params, headers }, reply) => {
    const asset = Object.values(await assets()).find(({ name }) => name === params.name);
    if (asset === undefined) throw new AdminError('not_found', 'There is no such asset; load the page again.');
    reply.header('cache-control', 'public, max-age=31536000, immutable');
    reply.header('vary', 'accept-encoding').header('content-type', asset.contentType);
    if (!TAKES_GZIP.test(headers['accept-encoding'] ?? '')) return reply.send(asset.body);
    return reply.header('content-encoding', 'gzip').send(asset.gzipped);
  });
}

function pageHtml({ script, style }: ConsoleAssets): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Token Pool</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/console/assets/${style.name}" />
    <script type="module" src="/console/assets/${script.name}"></script>
  </head>
  <body>
    <div id="console"></div>
    <noscript>The console of Token Pool needs JavaScript; the admin API under /admin does not.</noscript>
  </body>
</html>
`;
}
