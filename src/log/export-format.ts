/** In which format a table is exported: the name of the file says it. */
import { basename, extname } from 'node:path';
import { BadInput } from '../config/bad-input.ts';

export const EXPORT_FORMATS = ['parquet', 'arrow', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The endings of each format's files. */
const ENDINGS: Readonly<Record<ExportFormat, readonly string[]>> = {
  parquet: ['.parquet'],
  arrow: ['.arrow', '.arrows', '.ipc'],
  csv: ['.csv'],
};

/**
 * The format that the ending of a file names.
 *
 * @param asked the format that was asked for besides, which must be the same
 * @throws BadInput when the ending names no format, or another one
 */
export function exportFormatOf(out: string, asked?: ExportFormat): ExportFormat {
  const ending = extname(out).toLowerCase();
  const named = EXPORT_FORMATS.find((format) => ENDINGS[format].includes(ending));
  const has = ending === '' ? `${basename(out)} has no ending` : `its ending ${ending} names no format`;
  if (named === undefined) {
    const known = asked === undefined ? EXPORT_FORMATS.flatMap((format) => ENDINGS[format]) : ENDINGS[asked];
    throw new BadInput(`--out ${out}: ${has}; end it with ${inWords(known)}`);
  }
  if (asked !== undefined && asked !== named) {
    throw new BadInput(
      `--out ${out}: its ending ${ending} names ${named}, but --format asks for ${asked}; change one of them`,
    );
  }
  return named;
}

function inWords(endings: readonly string[]): string {
  const last = endings.at(-1) ?? '';
  return endings.length < 2 ? last : `${endings.slice(0, -1).join(', ')} or ${last}`;
}
