/** What becomes of a notebook's cells on the way to the page. */
import type { CellNames } from './page-library.ts';
import type { NotebookCell } from './sql-cells.ts';

/** A cell's names as Notebook Kit finds them. */
export type Transpile<Cell> = (cell: Cell) => {
  readonly inputs?: string[];
  readonly outputs?: string[];
  readonly output?: string | undefined;
};

/** The names that cells use and make on the page; text without expressions is set before, and needs nothing there. */
export function namesOnPage<Cell extends NotebookCell>(
  cells: readonly Cell[],
  transpile: Transpile<Cell>,
): readonly CellNames[] {
  return cells.filter(runsOnPage).map((cell) => {
    const { inputs = [], outputs = [], output } = transpile(cell);
    return { id: cell.id, inputs, outputs: output === undefined ? outputs : [...outputs, ...named(output)] };
  });
}

function runsOnPage({ mode, value }: NotebookCell): boolean {
  return (mode !== 'md' && mode !== 'html') || value.includes('${');
}

/** A cell that is shown as an input also defines what the input says. */
function named(output: string): readonly string[] {
  return output.startsWith('viewof$') ? [output, output.slice('viewof$'.length)] : [output];
}

/** A page that is not there is not linked: its name stays as text. */
export function withLinksTo<Cell extends NotebookCell>(pages: readonly string[], cell: Cell): Cell {
  if (cell.mode !== 'md') return cell;
  const value = cell.value.replaceAll(/\[([^\]]+)\]\(\.\/([\w-]+)\.html\)/g, (link, words: string, page: string) =>
    pages.includes(page) ? link : `*${words}*`,
  );
  return { ...cell, value };
}
