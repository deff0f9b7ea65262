import { open } from 'node:fs/promises';
import { BadInput } from '../src/config/bad-input.ts';
import { readLines } from './importers/text-lines.ts';

/** What `compare`, `tune` and others write, which looks like a line of a trace in JSON. */
const OWN_RESULT = /^\s*\{\s*"kind":\s*"(\w+)"/;

/** A source that can be told by its first line. */
const SIGNS: readonly { readonly source: string; readonly sign: RegExp; readonly extra: string }[] = [
  { source: 'azure', sign: /^TIMESTAMP,ContextTokens,GeneratedTokens/, extra: '' },
  { source: 'litellm', sign: /^request_id,|"call_type"|^\s*\[/, extra: '' },
  { source: 'mooncake', sign: /^\s*\{/, extra: '' },
  { source: 'servegen', sign: /^model,client,window_start_s/, extra: ' --model NAME' },
  { source: 'csv', sign: /,/, extra: ' --map arrival_ms=COLUMN,input_tokens=COLUMN,output_tokens=COLUMN' },
];

const RESULT_HEAD_BYTES = 64;

/** What to say of a file that is not Parquet: one line that names the `import` command which makes a trace of it. */
export async function suggestImport(path: string): Promise<string> {
  const complaint = `${path}: is not a canonical trace (Parquet)`;
  const kind = await kindOfResult(path);
  if (kind !== null)
    return `${complaint} but a result of tokenpool (${kind}); name the trace or log that it was made of`;
  const known = (await isDuckDbFile(path)) ? { source: 'tokenpool', extra: '' } : await recogniseText(path);
  if (known === undefined) return `${complaint}, nor anything that \`tokenpool import\` reads`;
  const output = `${path.replace(/(\.(csv|jsonl|json|txt|duckdb|db|gz))+$/, '')}.parquet`;
  return `${complaint}; run: tokenpool import ${known.source} ${path} --out ${output}${known.extra}`;
}

async function kindOfResult(path: string): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(RESULT_HEAD_BYTES), 0, RESULT_HEAD_BYTES, 0);
    return OWN_RESULT.exec(buffer.toString('latin1', 0, bytesRead))?.[1] ?? null;
  } finally {
    await file.close();
  }
}

async function recogniseText(path: string): Promise<(typeof SIGNS)[number] | undefined> {
  try {
    for await (const { lines } of readLines(path)) {
      return SIGNS.find(({ sign }) => sign.test(lines[0] ?? ''));
    }
  } catch (error) {
    // Not text, then; what is wrong with it as text does not matter here.
    if (!(error instanceof BadInput)) throw error;
  }
  return undefined;
}

/** DuckDB database files carry the letters DUCK at their ninth byte. */
export async function isDuckDbFile(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(12);
    await file.read(head, 0, 12, 0);
    return head.toString('latin1', 8) === 'DUCK';
  } finally {
    await file.close();
  }
}
