/** Builds one notebook into one page. */
import { BadInput } from '../../src/config/bad-input.ts';
import type { NotebookDatabase } from '../tables/notebook-database.ts';
import { loadNotebookKit } from './notebook-kit.ts';
import { asOneFile } from './one-file.ts';
import { namesOnPage, withLinksTo } from './page-cells.ts';
import { libraryOf } from './page-library.ts';
import { pageModules } from './page-modules.ts';
import { inOurStyle, PAGE_TEMPLATE, pageSettings } from './page-settings.ts';
import { answerQueries, type QueryAnswers } from './sql-cells.ts';

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
  // The build wraps what a plugin throws in pages of its own words; the first reason is kept for the person.
  let refused: string | null = null;
  const refuse = (reason: string): void => void (refused ??= reason);
  const plugins = [
    observable({
      template: PAGE_TEMPLATE,
      transformTemplate: inOurStyle,
      transformNotebook: async (notebook) => {
        try {
          const cells = await answerQueries(name, notebook.cells, databases, answers);
          library = libraryOf(namesOnPage(cells, transpile));
          return { ...notebook, cells: cells.map((cell) => withLinksTo(beside, cell)) };
        } catch (error) {
          refuse(error instanceof BadInput ? error.message : `${name}: ${messageOf(error)}`);
          throw error;
        }
      },
    }),
    pageModules({ notebook: name, kitSources: sources, answers, library: () => library, refuse }),
  ];
  try {
    const built = await build(pageSettings(path, sources, plugins));
    return { html: pageOf((Array.isArray(built) ? built[0] : built) as unknown as Built), tables: answers };
  } catch (error) {
    if (refused !== null) throw new BadInput(refused, { cause: error });
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a build of one page gives when nothing is written. */
interface Built {
  readonly output: readonly {
    readonly fileName: string;
    readonly code?: string;
    readonly source?: string | Uint8Array;
  }[];
}

function pageOf({ output }: Built): string {
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
