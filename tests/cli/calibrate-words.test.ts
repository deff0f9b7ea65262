import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { memoryTrace, writeTrace } from '../../datasets/index.ts';
import type { RecordedOutcome, TraceRow } from '../../datasets/trace.ts';
import { rowAt } from '../../simulator/validate/small/pool-in-small.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runProgram } from '../../src/cli/run-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenpool-words-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A trace of 400 streams at two targets; what `change` gives stands in place of the times of some. */
async function foreign(
  name: string,
  change: (index: number) => Partial<RecordedOutcome> | null,
  arrivalOf: (index: number) => number = (index) => index * 900,
): Promise<string> {
  const path = join(folder, `${name}.parquet`);
  const rows = Array.from({ length: 400 }, (_unused, index): TraceRow => ({
    ...rowAt(arrivalOf(index), index),
    inputTokens: 400 + (index % 7) * 100,
    outputTokens: 50 + (index % 11) * 10,
    stream: true,
    recorded: {
      target: index % 3 === 0 ? 'openai.k1.gpt-4.1-mini' : 'home.k1.llama',
      propensity: null,
      kind: 'success',
      status: 200,
      firstTokenMs: 300 + (index % 13) * 20,
      durationMs: 1_500 + (index % 17) * 50,
      costUsd: 0.0003,
      ...change(index),
    },
  }));
  await writeTrace(path, memoryTrace(rows, name).batches());
  return path;
}

/** Runs in this process, and gives back what was written. */
async function calibrate(path: string, ...more: readonly string[]) {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    const args = ['calibrate', path, '--out', join(folder, 'out.yaml'), ...more];
    const code = await runProgram(await buildProgram(args), ['node', 'tokenpool', ...args], (text) => {
      written.stderr += text;
    });
    return { code, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('calibrate', () => {
  test('says what can be believed and what to do, without the names of parameters', async () => {
    const { code, stdout, stderr } = await calibrate(await foreign('plain', () => null));
    expect(code).toBe(0);
    expect(stdout).toContain('What was learnt');
    expect(stdout).toContain('Can it be believed? The 80 attempts that nothing was learnt from');
    expect(stdout).toMatch(/^To do: log more traffic at .*home\.k1\.llama.*: 100 answers in the last fifth/m);
    expect(stdout.replaceAll(/\([^)]*\)/g, '')).not.toMatch(/\b(b1|n0|sigma|KS|quantile|TTFT)\b/);
    // What was said on standard error already is not said again.
    expect(stderr).toContain('a trace tells of requests, not of attempts');
    expect(stdout).not.toContain('a trace tells of requests');
  });

  test('counts attempts whose times cannot be, and leaves them out', async () => {
    const days = 86_400_000;
    const path = await foreign(
      'odd-times',
      (index) => {
        if (index === 40) return { firstTokenMs: 40 * days, durationMs: 40 * days + 900 };
        return index === 90 || index === 91 ? { firstTokenMs: 900, durationMs: 400 } : null;
      },
      (index) => (index < 2 ? index : 60 * days + index * 900),
    );
    const { code, stdout, stderr } = await calibrate(path);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^395 attempts over 6\.0 minutes/);
    expect(stderr).toMatch(
      /5 of 400 attempts have times that cannot be \(2 with a first token after the end, 1 that took longer than 6 hours, 2 sent weeks before or after all others, .*\); they are left out/,
    );
  });

  test('refuses a log in which they are many', async () => {
    const path = await foreign('seconds', (index) => (index % 4 === 0 ? { firstTokenMs: 900, durationMs: 1.5 } : null));
    const { code, stderr } = await calibrate(path);
    expect(code).toBe(2);
    expect(stderr).toMatch(/seconds\.parquet: 100 of 400 attempts have times that cannot be .* Look at the unit/);
  });

  test('says what it wrote of recorded trouble', async () => {
    const calm = await calibrate(await foreign('calm', () => null), '--trouble', 'recorded');
    expect(calm.stdout).toMatch(/^note: trouble as recorded: the log shows none that lasted, so the scenario has/m);
    const down = await foreign('down', (index) =>
      index % 3 === 0 && index >= 100 && index < 220 ? { kind: 'failure', status: 503, firstTokenMs: null } : null,
    );
    const { stdout } = await calibrate(down, '--trouble', 'recorded');
    expect(stdout).toMatch(/^note: trouble as recorded: .* no weather: openai (down|degraded) 1 time \(\d\.\d min\)/m);
  });
});
