/** From a promotion and a log to the result that its report is made of. */
import { resolve } from 'node:path';
import { openTrace } from '../../../datasets/index.ts';
import { openRequestLog } from '../../log/logged-requests.ts';
import type { MeasuredPromotion } from '../../policies/measured-promotion.ts';
import { STATE_FILE } from '../../policies/promotion-store.ts';
import { printNotes } from '../print-notes.ts';
import { progressBar } from '../progress-bar.ts';
import { measurePromotion } from './measure-promotion.ts';
import { readPromotionRecord } from './read-promotion-record.ts';

export interface MeasuredReportRequest {
  /** Of the JSON file. */
  readonly path: string;
  /** Which promotion of the file; null: the only one. */
  readonly id: string | null;
  readonly log: string;
  readonly trace: string | null;
  readonly seed: number;
}

/** @throws BadInput when one of the files is missing, is something else, or they do not belong together */
export async function measureForReport(request: MeasuredReportRequest): Promise<MeasuredPromotion> {
  const { path, id, log: logPath, trace, seed } = request;
  const promotion = await readPromotionRecord(path, id);
  const source = trace === null ? null : await openTrace(trace);
  const log = await openRequestLog(logPath);
  const bar = progressBar('read requests', Math.max(1, log.requests));
  try {
    printNotes(log.notes);
    return await measurePromotion({
      promotion,
      promotionPath: path,
      log,
      trace: source,
      seed,
      command: commandOf(request, promotion.id),
      onProgress: (done) => bar.update(done),
    });
  } finally {
    bar.stop();
    log.close();
  }
}

function commandOf({ path, log, trace, seed }: MeasuredReportRequest, id: string): string {
  const file = resolve(path) === resolve(log, STATE_FILE) ? '' : ` ${path}`;
  return `tokenpool report${file} --promotion ${id} --log ${log}${trace === null ? '' : ` --trace ${trace}`} --seed ${seed}`;
}
