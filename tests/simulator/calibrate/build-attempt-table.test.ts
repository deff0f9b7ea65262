import { describe, expect, it } from 'vitest';
import { AttemptTableBuilder, type AttemptFacts } from '../../../simulator/calibrate/build-attempt-table.ts';
import { partsOfId } from '../../../simulator/calibrate/target-numbers.ts';

const FACTS: AttemptFacts = {
  target: 'aurora.main.large',
  sentAtMs: 0,
  kind: 'success',
  status: 200,
  errorCode: null,
  stream: true,
  firstTokenMs: 100,
  durationMs: 500,
  inputTokens: 10,
  outputTokens: 5,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  askedInputTokens: 12,
  costUsd: 0.001,
  retryAfterMs: null,
  session: null,
  prefixBlocks: null,
};

function tableOf(rows: readonly Partial<AttemptFacts>[]) {
  const builder = new AttemptTableBuilder(partsOfId);
  for (const row of rows) builder.add({ ...FACTS, ...row });
  return { table: builder.finish('rows'), builder };
}

describe('a table of attempts', () => {
  it('counts time from its first row, and knows a Unix time when it sees one', () => {
    const live = tableOf([{ sentAtMs: 1_760_000_000_000 }, { sentAtMs: 1_760_000_000_250 }]).table;
    expect([...live.sentAtMs]).toEqual([0, 250]);
    expect(live.startedAtMs).toBe(1_760_000_000_000);
    expect(tableOf([{ sentAtMs: 40 }]).table.startedAtMs).toBeNull();
  });

  it('puts the keys of a provider under one twin a model', () => {
    const { table } = tableOf([{}, { target: 'aurora.spare.large' }, { target: 'aurora.main.small.1.5' }]);
    expect(table.twins).toEqual([
      { provider: 'aurora', model: 'large' },
      { provider: 'aurora', model: 'small.1.5' },
    ]);
    expect(table.targets.map(({ key, twin }) => [key, twin])).toEqual([
      ['aurora.main', 0],
      ['aurora.spare', 0],
      ['aurora.main', 1],
    ]);
  });

  it('counts the others in flight at the twin: all keys, no other model, not those that end just then', () => {
    const { table } = tableOf([
      { sentAtMs: 0, durationMs: 100 },
      { sentAtMs: 10, durationMs: 500, target: 'aurora.spare.large' },
      { sentAtMs: 20, durationMs: 500, target: 'borealis.main.large' },
      { sentAtMs: 100, durationMs: 0 },
      { sentAtMs: 100, durationMs: 10 },
      { sentAtMs: 700, durationMs: 10 },
    ]);
    expect([...table.othersInFlight]).toEqual([0, 1, 0, 1, 1, 0]);
  });

  it('agrees with counting pair by pair', () => {
    const rows = Array.from({ length: 300 }, (_, index) => ({
      sentAtMs: Math.floor(index / 3) * 7,
      durationMs: (index * 37) % 90,
      target: index % 5 === 0 ? 'borealis.main.large' : 'aurora.main.large',
    }));
    const naive = rows.map((row, index) =>
      rows
        .slice(0, index)
        .filter(({ target, sentAtMs, durationMs }) => target === row.target && sentAtMs + durationMs > row.sentAtMs),
    );
    expect([...tableOf(rows).table.othersInFlight]).toEqual(naive.map(({ length }) => length));
  });

  it('keeps what is not known apart from zero', () => {
    const { table } = tableOf([{ firstTokenMs: null, retryAfterMs: null, status: null, errorCode: 'network_error' }]);
    expect(table.firstTokenMs[0]).toBeNaN();
    expect(table.retryAfterMs[0]).toBeNaN();
    expect(table.errorCodes[table.errorCode[0]!]).toBe('network_error');
    expect(table.prefixBlocks).toBeNull();
  });

  it('holds a clock that goes back, and counts it', () => {
    const { table, builder } = tableOf([{ sentAtMs: 500 }, { sentAtMs: 400 }, { sentAtMs: 600 }]);
    expect([...table.sentAtMs]).toEqual([0, 0, 100]);
    expect(builder.backward).toBe(1);
  });

  it('takes ids apart: provider, key, and a model that may have dots', () => {
    expect(partsOfId('openai.team.gpt-4.1')).toEqual({ provider: 'openai', key: 'openai.team', model: 'gpt-4.1' });
    expect(partsOfId('openai.mini')).toEqual({ provider: 'openai', key: 'openai.main', model: 'mini' });
    expect(partsOfId('mini')).toEqual({ provider: 'mini', key: 'mini.main', model: 'mini' });
  });
});
