/** What a cell may use without importing it, and the module that a page starts its cells with. */

/** Each is code; a page gets what its cells ask for and nothing else. */
interface Offered {
  readonly imports: readonly string[];
  readonly value: string;
}

const PAGE_ROOT = 'document.querySelector("main")';

const OFFERED: Readonly<Record<string, Offered>> = {
  Plot: { imports: ['import * as Plot from "@observablehq/plot";'], value: 'Plot' },
  Inputs: { imports: ['import * as Inputs from "@observablehq/inputs";'], value: 'Inputs' },
  html: { imports: ['import { html } from "htl";'], value: 'html' },
  svg: { imports: ['import { svg } from "htl";'], value: 'svg' },
  htl: { imports: ['import * as htl from "htl";'], value: 'htl' },
  md: { imports: ['import { md } from "observable:runtime/stdlib/md.js";'], value: 'md' },
  width: {
    imports: ['import { width } from "observable:runtime/stdlib/generators/width.js";'],
    value: `width(${PAGE_ROOT})`,
  },
  Generators: {
    imports: ['import * as Generators from "observable:runtime/stdlib/generators/index.js";'],
    value: 'Generators',
  },
  Mutable: { imports: ['import { Mutable } from "observable:runtime/stdlib/mutable.js";'], value: 'Mutable' },
};

/** Names that Notebook Kit gives to every cell. */
const GIVEN = ['display', 'view', 'visibility', 'invalidation', '@variable'];

/** What the build knows of a cell. */
export interface CellNames {
  readonly id: number;
  /** Names that the cell uses and does not make. */
  readonly inputs: readonly string[];
  /** Names that it makes for the others. */
  readonly outputs: readonly string[];
}

/**
 * Which of the offered names the cells use.
 *
 * @throws Error naming the cell and the name when one is neither made by a cell, nor offered, nor given
 */
export function libraryOf(cells: readonly CellNames[]): readonly string[] {
  const made = new Set(cells.flatMap((cell) => cell.outputs));
  const used = new Set<string>();
  for (const { id, inputs } of cells) {
    for (const name of inputs) {
      if (made.has(name) || GIVEN.includes(name)) continue;
      if (!Object.hasOwn(OFFERED, name)) {
        throw new Error(
          `cell ${id} uses "${name}", which no cell defines; offered besides are ${Object.keys(OFFERED).join(', ')}`,
        );
      }
      used.add(name);
    }
  }
  return [...used].sort();
}

/** The module that stands for Notebook Kit's own runtime, whose library would ask a content network. */
export function runtimeModule(names: readonly string[]): string {
  const offered = names.flatMap((name) => {
    const entry = OFFERED[name];
    return entry === undefined ? [] : [{ name, ...entry }];
  });
  return [
    'import { Runtime } from "@observablehq/runtime";',
    'import { define as defineCell } from "observable:runtime/define.js";',
    ...offered.flatMap((entry) => entry.imports),
    `const main = new Runtime({ ${offered.map(({ name, value }) => `${name}: () => ${value}`).join(', ')} }).module();`,
    'export const define = (state, definition) => defineCell(main, state, definition);',
  ].join('\n');
}
