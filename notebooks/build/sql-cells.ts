/** SQL cells are answered when the page is built; the page gets the answer as an Arrow table. */
import { BadInput } from '../../src/config/bad-input.ts';
import { queryArrow } from '../tables/arrow-table.ts';
import type { NotebookDatabase } from '../tables/notebook-database.ts';

/** What the build reads and writes of a cell of Notebook Kit. */
export interface NotebookCell {
  readonly id: number;
  mode?: string | undefined;
  value: string;
  pinned: boolean;
  hidden: boolean;
  output?: string | undefined;
  database?: string | undefined;
}

/** Answers by the name of the module that a cell imports: the cell's output, or its number. */
export type QueryAnswers = Map<string, Uint8Array>;

/** How modules with an answer are called in import specifiers. */
export const ANSWER_PREFIX = 'answer:';

/**
 * Asks the databases and turns each SQL cell into one that takes the answer from the page. A pinned cell shows its query,
 * folded.
 *
 * @param notebook its name, for messages
 * @param answers gets the tables
 * @throws BadInput naming notebook and cell when there is no such database, or the query fails
 */
export async function answerQueries<Cell extends NotebookCell>(
  notebook: string,
  cells: readonly Cell[],
  databases: Readonly<Record<string, NotebookDatabase>>,
  answers: QueryAnswers,
): Promise<readonly Cell[]> {
  const answered: Cell[] = [];
  for (const cell of cells) {
    if (cell.mode !== 'sql') {
      answered.push(cell);
      continue;
    }
    const name = cell.output ?? `cell-${cell.id}`;
    answers.set(name, await answerOf(notebook, cell, databases));
    answered.push({ ...cell, mode: 'js', pinned: false, value: `(await import("${ANSWER_PREFIX}${name}")).default` });
    if (cell.pinned) answered.push(queryShown(cell));
  }
  return answered;
}

async function answerOf(
  notebook: string,
  { id, database = '', value }: NotebookCell,
  databases: Readonly<Record<string, NotebookDatabase>>,
): Promise<Uint8Array> {
  const found = Object.hasOwn(databases, database) ? databases[database] : undefined;
  if (found === undefined) {
    throw new BadInput(
      `${notebook}: cell ${id} asks the database "${database}"; there are ${Object.keys(databases).join(', ')}`,
    );
  }
  try {
    return await queryArrow(found.connection, value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadInput(`${notebook}: the query of cell ${id} (database "${database}") failed: ${reason}`, {
      cause: error,
    });
  }
}

/** Numbers of the cells that show queries; those of the notebook's own are far below. */
const SHOWN_FROM = 10_000;

function queryShown<Cell extends NotebookCell>(cell: Cell): Cell {
  const query = cell.value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('$', '&#36;');
  return {
    ...cell,
    id: SHOWN_FROM + cell.id,
    mode: 'html',
    pinned: false,
    hidden: false,
    output: undefined,
    database: undefined,
    value: `<details class="query"><summary>the query, of the database “${cell.database ?? ''}”</summary><pre>${query}</pre></details>`,
  };
}
