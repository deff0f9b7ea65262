import { describe, expect, it } from 'vitest';
import { BadInput } from '../../src/config/bad-input.ts';
import { exportFormatOf, type ExportFormat } from '../../src/log/export-format.ts';

describe('the format of an export', () => {
  it.each<[string, ExportFormat]>([
    ['d.parquet', 'parquet'],
    ['d.CSV', 'csv'],
    ['folder.csv/d.arrow', 'arrow'],
    ['d.arrows', 'arrow'],
    ['d.ipc', 'arrow'],
  ])('is what the ending of %s says: %s', (out, format) => {
    expect([exportFormatOf(out), exportFormatOf(out, format)]).toEqual([format, format]);
  });

  it.each<[string, ExportFormat | undefined, string]>([
    ['d.csv', 'parquet', 'its ending .csv names csv, but --format asks for parquet; change one of them'],
    ['d.txt', undefined, 'its ending .txt names no format; end it with .parquet, .arrow, .arrows, .ipc or .csv'],
    ['a.csv/rows', 'arrow', 'rows has no ending; end it with .arrow, .arrows or .ipc'],
  ])('%s as %s is refused', (out, asked, message) => {
    expect(() => exportFormatOf(out, asked)).toThrow(new BadInput(`--out ${out}: ${message}`));
  });
});
