import type { DuckDBConnection } from '@duckdb/node-api';
import { BadInput } from '../src/config/bad-input.ts';
import { sqlPath } from './database.ts';
import { steeringReader } from './steering-text.ts';

/**
 * Reads the column `steering` of a trace once, in constant memory: what it holds is beyond SQL.
 *
 * @throws BadInput `file: row N: column steering: reason` for the first value that is no steering
 */
export async function checkSteering(connection: DuckDBConnection, path: string): Promise<void> {
  const read = steeringReader();
  const result = await connection.stream(`
    SELECT row_number, steering FROM (
      SELECT row_number() OVER ()::DOUBLE AS row_number, steering::VARCHAR AS steering FROM read_parquet(${sqlPath(path)}))
    WHERE steering IS NOT NULL`);
  for await (const chunk of result) {
    const [rows, texts] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
    for (let index = 0; index < chunk.rowCount; index++) {
      const found = read(texts.getItem(index) as string);
      if (!found.ok) {
        throw new BadInput(`${path}: row ${rows.getItem(index) as number}: column steering: ${found.reason}`);
      }
    }
  }
}
