/** The Vite plugin that resolves what a page imports: installed packages, the build's own modules, and nothing else. */
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { declaredPackages, PROJECT_ROOT } from './notebook-kit.ts';
import { importTrouble, readImport } from './package-imports.ts';
import { runtimeModule } from './page-library.ts';
import { ANSWER_PREFIX, type QueryAnswers } from './sql-cells.ts';

export interface PageModules {
  /** Name of the notebook, for messages. */
  readonly notebook: string;
  /** Folder of Notebook Kit's modules. */
  readonly kitSources: string;
  readonly answers: QueryAnswers;
  /** Names that the cells use; known only when the page has been read. */
  readonly library: () => readonly string[];
  /** Told of each import that a page must not have. */
  readonly refuse: (reason: string) => void;
}

/** Marks ids of modules that are in no file. */
const MADE = '\0notebook-';
const RUNTIME = `${MADE}runtime`;
const NO_HIGHLIGHT = `${MADE}no-highlight`;
const PAGE_FILE = join(PROJECT_ROOT, 'package.json');
const ROWS_FILE = join(PROJECT_ROOT, 'notebooks', 'parts', 'arrow-rows.ts');

export function pageModules({ notebook, kitSources, answers, library, refuse }: PageModules): Plugin {
  const declared = declaredPackages();
  return {
    name: 'token-pool-page-modules',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (source === 'observable:runtime') return RUNTIME;
      if (source.startsWith('observable:runtime/')) return join(kitSources, source.slice('observable:'.length));
      if (source.startsWith(ANSWER_PREFIX)) return MADE + source;
      // Colours for code in Markdown that a page makes as it runs: no page does, and its parsers are large.
      if (source === './highlight.js' && importer?.endsWith('/stdlib/md.js') === true) return NO_HIGHLIGHT;
      // Of Notebook Kit's own, as the module that asks for it is in no file.
      if (source === '@observablehq/runtime' && importer === RUNTIME) {
        return this.resolve(source, join(kitSources, 'index.js'), { skipSelf: true });
      }
      if (importer === RUNTIME) return this.resolve(source, PAGE_FILE, { skipSelf: true });
      const wanted = readImport(source);
      const trouble = importTrouble(wanted, declared);
      if (trouble !== null) {
        refuse(`${notebook}: imports ${source}, which ${trouble}`);
        throw new Error(`${source} ${trouble}`);
      }
      if (wanted.kind !== 'package') return null;
      return this.resolve(wanted.name + wanted.subpath, PAGE_FILE, { skipSelf: true });
    },
    load(id) {
      if (id === RUNTIME) return runtimeModule(library());
      if (id === NO_HIGHLIGHT) return 'export const highlight = () => undefined;';
      if (!id.startsWith(MADE + ANSWER_PREFIX)) return null;
      const answer = answers.get(id.slice(MADE.length + ANSWER_PREFIX.length));
      if (answer === undefined) throw new Error(`${notebook}: no cell asks for ${id.slice(MADE.length)}`);
      return [
        `import { rowsOfArrow } from ${JSON.stringify(ROWS_FILE)};`,
        `export default rowsOfArrow(${JSON.stringify(Buffer.from(answer).toString('base64'))});`,
      ].join('\n');
    },
  };
}
