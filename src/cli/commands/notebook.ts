import { join } from 'node:path';
import { Command } from 'commander';
import { NOTEBOOKS, type NotebookName } from '../../../notebooks/catalogue.ts';
import type { NotebookData } from '../../../notebooks/tables/notebook-data.ts';
import { notebookNamed, ownData, type NotebookFiles } from '../notebook/own-data.ts';
import { BadInput } from '../../config/bad-input.ts';
import { numberOption } from '../number-option.ts';
import { printJson } from '../print-json.ts';
import { printNotes } from '../print-notes.ts';
import { progressBar } from '../progress-bar.ts';
import { seedOption } from '../seed-option.ts';
import { takeStopSignal } from '../stop-signal.ts';

const PREVIEW_PORT = 3310;

interface NotebookOptions extends NotebookFiles {
  readonly seed: number;
  readonly out?: string;
  readonly preview?: boolean;
  readonly port?: number;
  readonly json?: boolean;
}

/** `notebook NAME`: a page to explore a run, a log or a fit; without files of one's own, of the embedded example. */
export function notebookCommand(): Command {
  return new Command('notebook')
    .description(
      `build a notebook into a page of its own: ${NOTEBOOKS.map(({ name }) => name).join(', ')}, or all; without files, of the embedded example`,
    )
    .argument('<name>', 'which notebook, or all')
    .option('--run <file>', 'result of compare --out (ranked-vs-weighted, can-i-trust-it)')
    .option('--log <log>', 'decision log (why-this-target)')
    .option('--fit <file>', 'result of calibrate --result (can-i-trust-it)')
    .option('--estimate <file>', 'result of estimate --out (can-i-trust-it)')
    .option('--measured <log>', 'decision log of what really came, to hold --run against (can-i-trust-it)')
    .option('--trace <file>', 'trace or decision log to replay on the page (what-if)')
    .option('--scenario <name>', 'built-in scenario or scenario file to replay it in (what-if)')
    .option('--policy <name>', 'built-in name or policy file to start from (what-if; default: ranked)')
    .addOption(seedOption())
    .option(
      '--out <folder>',
      'folder of the pages, whose earlier pages are replaced (default: notebooks/out for all, notebooks/own/NAME for one)',
    )
    .option('--preview', 'then serve the folder on this machine until stopped')
    .addOption(
      numberOption('--port <number>', `port of --preview (default: ${PREVIEW_PORT}); 0 for any`, {
        min: 0,
        max: 65_535,
        integer: true,
      }),
    )
    .option('--json', 'print the paths as JSON')
    .action(notebook);
}

async function notebook(name: string, options: NotebookOptions): Promise<void> {
  if (options.port !== undefined && options.preview !== true) {
    throw new BadInput(`--port ${options.port}: is only for --preview; add it, or leave the port out`);
  }
  const out = options.out ?? join('notebooks', name === 'all' ? 'out' : join('own', name));
  if (options.preview !== true) return build(name, options, out);
  const { servePages } = await import('../../../notebooks/build/serve-pages.ts');
  // First, as a port that is taken should not cost a build.
  const server = await servePages(out, options.port ?? PREVIEW_PORT);
  try {
    await build(name, options, out);
    await untilStopped(server.url);
  } finally {
    await server.close();
  }
}

async function build(name: string, options: NotebookOptions, out: string): Promise<void> {
  const data = await dataOf(name, options);
  // The build needs large packages: only who builds waits for them to load.
  const { buildNotebooks } = await import('../../../notebooks/build/build-notebooks.ts');
  const bar = progressBar('notebooks', data.length);
  let done = 0;
  const written = await buildNotebooks(data, out, (built) => bar.update(++done, built)).finally(() => bar.stop());
  printNotes([...new Set(written.flatMap(({ notes }) => notes))]);
  if (options.json === true) printJson(written.map(({ notes: _notes, ...page }) => page));
  else process.stdout.write(written.map(({ page }) => `${page}\n`).join(''));
}

async function dataOf(name: string, options: NotebookOptions): Promise<readonly NotebookData[]> {
  const { seed, out: _out, preview: _preview, port: _port, json: _json, ...files } = options;
  const names: readonly NotebookName[] =
    name === 'all' ? NOTEBOOKS.map((entry) => entry.name) : [notebookNamed(name).name];
  const [given] = Object.keys(files);
  if (given !== undefined) {
    const [only] = names;
    if (names.length > 1 || only === undefined) {
      throw new BadInput(`--${given}: is for one notebook; name it in place of all`);
    }
    return [await ownData(only, files, seed)];
  }
  const { exampleData } = await import('../notebook/example-data.ts');
  const data: NotebookData[] = [];
  for (const each of names) data.push(await exampleData(each));
  return data;
}

async function untilStopped(url: string): Promise<void> {
  const stop = takeStopSignal();
  try {
    process.stderr.write(`${url} (Ctrl-C ends it)\n`);
    await stop.told;
  } finally {
    stop.release();
  }
}
