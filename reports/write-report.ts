/** From a result to a folder with the report. */
import { existsSync, renameSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BadInput } from '../src/config/bad-input.ts';
import { makeOutputFolder } from '../src/config/output-folder.ts';
import { noteUnfinished } from '../src/config/unfinished-files.ts';
import { calibrationReport } from './calibration/calibration-report.ts';
import { drawCalibrationCharts } from './calibration/charts/calibration-charts.ts';
import { drawCharts } from './charts/all-charts.ts';
import { drawEstimateChart, estimateReport } from './estimate/estimate-report.ts';
import { labReport } from './lab/lab-report.ts';
import { markdownDocument } from './markdown/document.ts';
import { htmlPage } from './page/page.ts';
import { createRasterizer } from './png/rasterize.ts';
import { chartSheet } from './png/sheet.ts';
import { drawPromotionCharts } from './promotion/charts/promotion-charts.ts';
import { promotionReport } from './promotion/promotion-report.ts';
import { reportJson } from './report-json.ts';
import { buildReport, chartsOf, type Report } from './report-model.ts';
import type { ReportedResult } from './report-result.ts';
import { drawTuningCharts } from './tuning/charts/tuning-charts.ts';
import { tuningReport } from './tuning/tuning-report.ts';

export interface WrittenReport {
  /** Absolute paths. */
  readonly directory: string;
  readonly html: string;
  readonly json: string;
  readonly markdown: string;
  readonly charts: readonly string[];
  /** The verdict in one or two sentences. */
  readonly headline: string;
}

const ENTRIES = ['report.html', 'report.json', 'report.md', 'charts'] as const;

/**
 * Writes `report.html`, `report.json`, `report.md` and `charts/*.png` into `outDir`. The folder appears at
 * once and complete: it is built beside its place and renamed; an earlier report there is replaced. HTML,
 * JSON and Markdown are a function of the result alone; PNGs also depend on the machine's fonts.
 *
 * @throws BadInput when `outDir` is a file, or a folder with anything but a report in it
 */
export async function writeReport(result: ReportedResult, outDir: string): Promise<WrittenReport> {
  const directory = resolve(outDir);
  await refuseForeignFolder(directory, outDir);
  const report = await reportOf(result);
  const building = noteUnfinished(`${directory}.${process.pid}.tmp`);
  const charts: string[] = [];
  try {
    await makeOutputFolder(join(building, 'charts'), outDir);
    await writeFile(join(building, 'report.html'), htmlPage(report));
    await writeFile(join(building, 'report.json'), reportJson(report, result));
    await writeFile(join(building, 'report.md'), markdownDocument(report));
    const rasterize = createRasterizer();
    for (const chart of chartsOf(report)) {
      const sheet = chartSheet(chart);
      if (sheet === null) continue;
      await writeFile(join(building, 'charts', `${chart.id}.png`), rasterize(sheet));
      charts.push(join(directory, 'charts', `${chart.id}.png`));
    }
    await putInPlace(building, directory);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return {
    directory,
    html: join(directory, 'report.html'),
    json: join(directory, 'report.json'),
    markdown: join(directory, 'report.md'),
    charts,
    headline: report.summary.headline,
  };
}

async function reportOf(result: ReportedResult): Promise<Report> {
  switch (result.kind) {
    case 'comparison':
      return buildReport(result, await drawCharts(result));
    case 'calibration':
      return calibrationReport(result, await drawCalibrationCharts(result));
    case 'tuning':
      return tuningReport(result, await drawTuningCharts(result));
    case 'promotion':
      return promotionReport(result, await drawPromotionCharts(result));
    case 'estimate':
      return estimateReport(result, await drawEstimateChart(result));
    case 'lab': {
      const { promotion, tuning, comparison, calibration } = result;
      const measured = promotion?.measured ?? null;
      return labReport(result, {
        promotion: measured === null ? null : await reportOf(measured),
        tuning: await reportOf(tuning),
        comparison: await reportOf(comparison),
        calibration: await reportOf(calibration),
      });
    }
  }
}

/** Replacing a folder deletes what is in it, so it must hold a report and nothing else. */
async function refuseForeignFolder(directory: string, asGiven: string): Promise<void> {
  if (!existsSync(directory)) return;
  if (!(await stat(directory)).isDirectory())
    throw new BadInput(`${asGiven}: is a file; name a new folder for the report`);
  const foreign = (await readdir(directory)).find((entry) => !ENTRIES.some((known) => known === entry));
  if (foreign !== undefined) {
    throw new BadInput(
      `${asGiven}: holds ${foreign}, which is not part of a report; name a new folder or one with an earlier report`,
    );
  }
}

async function putInPlace(building: string, directory: string): Promise<void> {
  await makeOutputFolder(dirname(directory));
  const earlier = noteUnfinished(`${building}.earlier`);
  const replaces = existsSync(directory);
  // In one go: whoever is told to stop in between would leave neither report in its place.
  if (replaces) renameSync(directory, earlier);
  try {
    renameSync(building, directory);
  } catch (error) {
    if (replaces) renameSync(earlier, directory);
    throw error;
  }
  await rm(earlier, { recursive: true, force: true });
}
