/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * A path as an SQL literal that DuckDB takes for one file: its readers would expand `*`, `?` and `[` as patterns.
 */
export function sqlPath(path: string): string {
  return sqlText(path.replaceAll(/[*?[]/g, (character) => `[${character}]`));
}
