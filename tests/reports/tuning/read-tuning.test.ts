import { describe, expect, it } from 'vitest';
import { parseTuning } from '../../../reports/tuning/read-tuning.ts';
import { BadInput } from '../../../src/config/bad-input.ts';
import { DEGENERATE, degenerate } from './degenerate-tunings.ts';
import { fixtureTuning } from './fixture-tuning.ts';

function complaint(text: string): string {
  try {
    parseTuning(text, 't.json');
  } catch (error) {
    if (error instanceof BadInput) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

describe('reading a tuning', () => {
  it('gives back what was written, with fields that it does not know', async () => {
    const whole = await fixtureTuning();
    expect(parseTuning(JSON.stringify({ ...whole, extra: 1 }), 't.json')).toEqual({ ...whole, extra: 1 });
  });

  it.each(DEGENERATE)('accepts %s', async (_name, make) => {
    const result = await degenerate(make);
    expect(parseTuning(JSON.stringify(result), 't.json')).toEqual(result);
  });

  it('says in one line what is wrong', async () => {
    const whole = await fixtureTuning();
    expect(complaint(JSON.stringify(whole).slice(0, 5_000))).toMatch(
      /^t\.json: is not JSON, it seems to be cut short; give/,
    );
    expect(complaint(JSON.stringify({ ...whole, verdict: 'good' }))).toMatch(/^t\.json: verdict: /);
    expect(complaint(JSON.stringify({ ...whole, formatVersion: 2 }))).toMatch(/^t\.json: formatVersion: /);
    expect(complaint(JSON.stringify({ ...whole, trials: [{ index: 0 }] }))).toMatch(/^t\.json: trials\[0\]\./);
    expect(complaint('{"kind":"comparison"}')).toMatch(/^t\.json: kind: is not a tuning but a "comparison"; give/);
  });
});
