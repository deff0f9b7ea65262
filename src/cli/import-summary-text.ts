import type { ImportSummary } from '../../datasets/importers/index.ts';

/** What an import came to, for people. */
export function importSummaryText(summary: ImportSummary): string {
  const minutes = (summary.spanMs / 60_000).toFixed(1);
  const lines = [
    `${summary.out}: ${summary.requests} requests over ${minutes} min, sha256 ${summary.sha256.slice(0, 12)}`,
  ];
  if (summary.rejected > 0) {
    lines.push(`${summary.rejected} rows could not be read; all of them are in ${summary.rejectsPath}`);
    for (const { file, line, reason } of summary.firstRejects) lines.push(`  ${file}:${line}: ${reason}`);
  }
  return `${lines.join('\n')}\n`;
}
