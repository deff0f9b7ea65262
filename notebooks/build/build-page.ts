/** Builds one notebook into one page. */
import { join } from 'node:path';
import { STYLE } from '../../reports/page/style.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import type { NotebookDatabase } from '../tables/notebook-database.ts';
import { loadNotebookKit, PROJECT_ROOT } from './notebook-kit.ts';
import { asOneFile } from './one-file.ts';
import { libraryOf } from './page-library.ts';
import { pageModules } from './page-modules.ts';
import { answerQueries, type NotebookCell, type QueryAnswers } from './sql-cells.ts';

const NOTEBOOKS = join(PROJECT_ROOT, 'notebooks');
/** Large enough for everything: a page is one file. */
const INLINE_BYTES = 1 << 30;

export interface BuiltPage {
  readonly html: string;
  /** The tables behind the page, as Arrow IPC files, by the names of their cells. */
  readonly tables: QueryAnswers;
}

/**
 * @param path the notebook's file
 * @param name what messages call it
 * @param databases what its SQL cells may ask, by name
 * @param beside names of the notebooks whose pages will stand beside it: links to others become plain text
 * @throws BadInput naming the notebook and the place when a query fails, an import is not to be had, or a cell uses
 *   what there is not; naming the packages when those of the build are not installed
 */
export async function buildPage(
  path: string,
  name: string,
  databases: Readonly<Record<string, NotebookDatabase>>,
  beside: readonly string[] = [],
): Promise<BuiltPage> {
  const { build, observable, transpile, sources } = await loadNotebookKit();
  const answers: QueryAnswers = new Map();
  let library: readonly string[] = [];
  let refused: string | null = null;
  const refuse = (reason: string): void => void (refused ??= reason);
  try {
    const built = await build({
      root: join(path, '..'),
      base: './',
      configFile: false,
      envDir: false,
      publicDir: false,
      logLevel: 'silent',
      plugins: [
        observable({
          template: join(NOTEBOOKS, 'build', 'page.html'),
          transformTemplate: (template) => template.replace('</head>', () => `<style>${STYLE}</style></head>`),
          transformNotebook: async (notebook) => {
            const cells = await answerQueries(name, notebook.cells, databases, answers).catch((error: Error) => {
              refuse(error.message);
              throw error;
            });
            try {
              library = libraryOf(
                cells.filter(runsOnPage).map((cell) => {
                  const { inputs = [], outputs = [], output } = transpile(cell);
                  return {
                    id: cell.id,
                    inputs,
                    outputs: output === undefined ? outputs : [...outputs, ...named(output)],
                  };
                }),
              );
            } catch (error) {
              refuse(`${name}: ${error instanceof Error ? error.message : String(error)}`);
              throw error;
            }
            return { ...notebook, cells: cells.map((cell) => withLinksTo(beside, cell)) };
          },
        }),
        pageModules({ notebook: name, kitSources: sources, answers, library: () => library, refuse }),
      ],
      resolve: {
        alias: [
          { find: /^observable:styles\/theme-[\w-]+\.css$/, replacement: join(NOTEBOOKS, 'build', 'theme.css') },
          { find: /^observable:styles\/(.*)$/, replacement: join(sources, 'styles', '$1') },
          { find: /^token-pool:page\.css$/, replacement: join(NOTEBOOKS, 'build', 'page.css') },
        ],
      },
      build: {
        write: false,
        target: 'es2023',
        modulePreload: false,
        assetsInlineLimit: INLINE_BYTES,
        cssCodeSplit: false,
        reportCompressedSize: false,
        chunkSizeWarningLimit: INLINE_BYTES,
        rolldownOptions: { input: path, output: { codeSplitting: false } },
      },
    });
    const { output } = (Array.isArray(built) ? built[0] : built) as unknown as {
      readonly output: readonly BuiltFile[];
    };
    return { html: pageOf(output), tables: answers };
  } catch (error) {
    if (refused !== null) throw new BadInput(refused, { cause: error });
    throw error;
  }
}

interface BuiltFile {
  readonly fileName: string;
  readonly code?: string;
  readonly source?: string | Uint8Array;
}

function pageOf(output: readonly BuiltFile[]): string {
  const files = new Map(
    output.map(({ fileName, code, source = '' }) => [
      fileName,
      code ?? (typeof source === 'string' ? source : new TextDecoder().decode(source)),
    ]),
  );
  const page = [...files].find(([fileName]) => fileName.endsWith('.html'))?.[1];
  if (page === undefined) throw new Error('the build gave no page');
  return asOneFile(page, files);
}

/** A page that is not there is not linked. */
function withLinksTo<Cell extends NotebookCell>(pages: readonly string[], cell: Cell): Cell {
  if (cell.mode !== 'md') return cell;
  const value = cell.value.replaceAll(/\[([^\]]+)\]\(\.\/([\w-]+)\.html\)/g, (link, words: string, page: string) =>
    pages.includes(page) ? link : `*${words}*`,
  );
  return { ...cell, value };
}

/** Text without expressions is set when the page is built, and needs nothing there. */
function runsOnPage({ mode, value }: NotebookCell): boolean {
  return (mode !== 'md' && mode !== 'html') || value.includes('${');
}

/** A cell that is shown as an input also defines what the input says. */
function named(output: string): readonly string[] {
  return output.startsWith('viewof$') ? [output, output.slice('viewof$'.length)] : [output];
}
