import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { sustain } from './sustain.ts';

const pathOf = temporaryFolder();

test(
  'fifty thousand records go through spool, database and segments, none lost, memory bounded',
  { timeout: 120_000 },
  async () => {
    const run = await sustain(pathOf('log'), 50_000);
    expect(run).toMatchObject({ records: 50_001, rows: 50_001, droppedRecords: 0 });
    expect(run.rssMax).toBeLessThan(600 * 2 ** 20);
  },
);
