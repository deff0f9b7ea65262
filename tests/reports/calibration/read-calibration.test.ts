import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseCalibration } from '../../../reports/calibration/read-calibration.ts';
import { readResult } from '../../../reports/read-result.ts';
import { buildProgram } from '../../../src/cli/program.ts';
import { runProgram } from '../../../src/cli/run-program.ts';
import { BadInput } from '../../../src/config/bad-input.ts';
import { fixtureComparison } from '../fixture-comparison.ts';
import { DEGENERATE } from './degenerate-calibrations.ts';
import { fixtureCalibration } from './fixture-calibration.ts';

let folder: string;
const whole = JSON.stringify(fixtureCalibration());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenpool-calibration-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('reading a calibration', () => {
  it('gives back what was written, with fields that it does not know', () => {
    expect(parseCalibration(whole, 'x.json')).toEqual(fixtureCalibration());
    expect(parseCalibration(whole.replace('{', '{"extra":1,'), 'x.json')).toHaveProperty('extra', 1);
  });

  it.each(DEGENERATE)('accepts %s', (_name, calibration) => {
    expect(parseCalibration(JSON.stringify(calibration), 'x.json')).toEqual(calibration);
  });

  it.each([
    ['{"kind":"calibration"', /^x\.json: is not JSON, it seems to be cut short; /],
    ['{"kind":"comparison"}', /^x\.json: kind: is not a calibration but a "comparison"; /],
    [whole.replace('"formatVersion":1', '"formatVersion":2'), /^x\.json: formatVersion: /],
    [
      whole.replace('"source":"fitted"', '"source":"guessed"'),
      /^x\.json: twins\[0\]\.prices\.source: expected one of pool, genai-prices, fitted, got "guessed"/,
    ],
    [whole.replace(/"ks":0\.\d+/, '"ks":7'), /^x\.json: .*ks: /],
    [whole.replace('"rankCounts":[', '"rankCounts":[1,'), /rankCounts: /],
  ])('refuses %#', (text, reason) => {
    expect(() => parseCalibration(text, 'x.json')).toThrow(BadInput);
    expect(() => parseCalibration(text, 'x.json')).toThrow(reason);
    expect(() => parseCalibration(text, 'x.json')).toThrow(/calibrate --result/);
  });
});

describe('reading a result', () => {
  it('takes a comparison or a calibration by its kind, and nothing else', async () => {
    expect(await readResult(await fileWith('a.json', whole))).toEqual(fixtureCalibration());
    expect(await readResult(await fileWith('b.json', JSON.stringify(fixtureComparison())))).toEqual(
      fixtureComparison(),
    );
    await expect(readResult(await fileWith('c.json', '{"kind":"simulation"}'))).rejects.toThrow(
      /c\.json: kind: is none of comparison, calibration, estimate, tuning and promotion but a "simulation"; give a file written by/,
    );
    await expect(readResult(await fileWith('d.json', '[1'))).rejects.toThrow(/d\.json: is not JSON; /);
  });

  it('is what the command writes its report from', async () => {
    const complaints: string[] = [];
    const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const place = join(folder, 'report');
    const code = await runProgram(
      await buildProgram(['report']),
      ['node', 'tokenpool', 'report', await fileWith('e.json', whole), '--out', place],
      (text) => complaints.push(text),
    );
    const printed = output.mock.calls.map(([text]) => String(text)).join('');
    output.mockRestore();
    expect(complaints).toEqual([]);
    expect(code).toBe(0);
    expect(printed).toMatch(/^On data it has not seen, /);
    const document: unknown = JSON.parse(await readFile(join(place, 'report.json'), 'utf8'));
    expect(document).toMatchObject({ kind: 'report', charts: expect.arrayContaining([expect.anything()]) as unknown });
    expect(document).toHaveProperty('calibration', fixtureCalibration());
    expect(document).not.toHaveProperty('comparison');
  });
});
