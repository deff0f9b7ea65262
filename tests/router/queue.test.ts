import { describe, expect, it } from 'vitest';
import { CANCELLED, FAILED, LIMITED, outcomeOf, poolOf, targetOf } from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, tryOut, type Trial } from './trial.ts';

const TARGET = 'aurora.main.small';
/** One slot and three places to wait. */
const NARROW = poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { concurrencyLimit: 1, queueLimit: 3 } } });

/** Serves everyone who waits, one after the other, and tells the order. */
function orderOfService(trial: Trial, first: ReturnType<typeof onlySend>): string[] {
  const order: string[] = [];
  for (let sent = first; ;) {
    const commands = trial.end(sent);
    if (commands.length === 0) return order;
    sent = onlySend(commands);
    order.push(sent.requestId);
  }
}

describe('the queue', () => {
  it('takes no more than its limit; the rest gets 429 with a time to come back', () => {
    const trial = tryOut(NARROW);
    const sent = trial.send('a');
    for (const id of ['b', 'c', 'd'])
      expect(onlyWait(trial.begin(id))).toMatchObject({ reason: 'queued', untilMs: 30_000 });
    const reject = onlyReject(trial.begin('e'));
    expect(reject).toMatchObject({ code: 'QUEUE_FULL', status: 429, attempts: [] });
    expect(reject.retryAfterMs).toBeGreaterThan(0);
    expect(rejections(reject)).toEqual({ [TARGET]: 'queue_full' });
    expect(onlySend(trial.end(sent)).requestId).toBe('b');
    onlyWait(trial.begin('f'));
    onlyReject(trial.begin('g'));
  });

  it('without places rejects at once', () => {
    const pool = poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { concurrencyLimit: 1, queueLimit: 0 } } });
    const trial = tryOut(pool);
    trial.send('a');
    expect(onlyReject(trial.begin('b')).code).toBe('QUEUE_FULL');
  });

  it('serves high before normal before low, first come first served within one', () => {
    const pool = poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { concurrencyLimit: 1, queueLimit: 99 } } });
    const trial = tryOut(pool);
    const first = trial.send('first');
    const priorities = ['low', 'normal', 'high', 'low', 'high', 'normal', 'normal', 'high', 'low'];
    priorities.forEach((declaredPriority, index) => {
      trial.pass(10);
      onlyWait(trial.begin(`${declaredPriority}-${index}`, { declaredPriority }));
    });
    expect(orderOfService(trial, first)).toEqual(
      'high-2 high-4 high-7 normal-1 normal-5 normal-6 low-0 low-3 low-8'.split(' '),
    );
  });

  it('keeps that order across the lanes of one key', () => {
    const pool = poolOf([targetOf('aurora.main.a'), targetOf('aurora.main.b')], {
      keys: { 'aurora.main': { concurrencyLimit: 1, queueLimit: 99 } },
    });
    const trial = tryOut(pool);
    const first = trial.send('first');
    onlyWait(trial.begin('n-a', { model: 'a' }));
    onlyWait(trial.begin('n-b', { model: 'b' }));
    onlyWait(trial.begin('h-auto', { model: 'auto', declaredPriority: 'high' }));
    onlyWait(trial.begin('n-a2', { model: 'a' }));
    onlyWait(trial.begin('h-b', { model: 'b', declaredPriority: 'high' }));
    expect(orderOfService(trial, first)).toEqual(['h-auto', 'h-b', 'n-a', 'n-b', 'n-a2']);
  });

  it('lets nobody overtake those who wait, when a slot is free', () => {
    const pool = poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { concurrencyLimit: 2, queueLimit: 9 } } });
    const trial = tryOut(pool);
    const [a] = [trial.send('a'), trial.send('b')];
    onlyWait(trial.begin('c'));
    expect(onlySend(trial.end(a)).requestId).toBe('c');
    onlyWait(trial.begin('d'));
  });

  it('gives up at its time limit, and says so', () => {
    const trial = tryOut(NARROW);
    trial.send('a');
    trial.pass(500);
    onlyWait(trial.begin('b'));
    expect(trial.router.nextWakeAtMs).toBe(30_500);
    expect(trial.pass(29_999)).toEqual([]);
    const reject = onlyReject(trial.pass(1));
    expect(reject).toMatchObject({ requestId: 'b', code: 'QUEUE_TIMEOUT', status: 503, attempts: [] });
    expect(reject.retryAfterMs).toBeGreaterThan(0);
    expect(trial.router.nextWakeAtMs).toBe(Infinity);
    for (const id of ['c', 'd', 'e']) onlyWait(trial.begin(id));
  });

  it('waits no longer than the deadline of the request', () => {
    const trial = tryOut(NARROW, { retry: { deadlineMs: 4_000 } });
    trial.send('a');
    expect(onlyWait(trial.begin('b')).untilMs).toBe(4_000);
  });

  it('says how long a request waited', () => {
    const trial = tryOut(NARROW);
    const sent = trial.send('a');
    onlyWait(trial.begin('b'));
    trial.pass(1_234);
    expect(onlySend(trial.end(sent)).decision).toMatchObject({ cause: 'queue', queuedMs: 1_234 });
  });

  it('is left by a client that leaves', () => {
    const trial = tryOut(NARROW);
    const sent = trial.send('a');
    for (const id of ['b', 'c', 'd']) onlyWait(trial.begin(id));
    expect(trial.router.observe(outcomeOf('c', 0, CANCELLED), trial.nowMs)).toEqual([]);
    onlyWait(trial.begin('e'));
    expect(orderOfService(trial, sent)).toEqual(['b', 'd', 'e']);
    expect(trial.router.openRequests).toBe(0);
    expect(trial.router.nextWakeAtMs).toBe(Infinity);
  });

  it('sends at once when a slot frees anywhere that will do', () => {
    const pool = poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.small')], {
      keys: { 'aurora.main': { concurrencyLimit: 1 }, 'borealis.main': { concurrencyLimit: 1 } },
    });
    const trial = tryOut(pool);
    const [first, second] = [trial.send('a'), trial.send('b')];
    onlyWait(trial.begin('c'));
    const third = onlySend(trial.end(second));
    expect(third).toMatchObject({ requestId: 'c', target: second.target });
    onlyWait(trial.begin('d'));
    expect(onlySend(trial.end(first)).target).toBe(first.target);
  });

  it('sends when a target recovers, to the millisecond', () => {
    const trial = tryOut(poolOf([targetOf(TARGET)]));
    trial.order('cool', TARGET, 4_321);
    onlyWait(trial.begin('a'));
    expect(trial.router.nextWakeAtMs).toBe(4_321);
    expect(trial.pass(4_320)).toEqual([]);
    expect(onlySend(trial.pass(1)).target).toBe(TARGET);
  });

  it('is moved by the earliest of several recoveries', () => {
    const pool = poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.small')]);
    const trial = tryOut(pool);
    trial.order('cool', 'aurora.main.small', 4_000);
    trial.order('cool', 'borealis.main.small', 2_500);
    onlyWait(trial.begin('a'));
    const sent = onlySend(trial.pass(10_000));
    expect([sent.target, sent.decision.queuedMs]).toEqual(['borealis.main.small', 2_500]);
  });

  it('lets no request of one lane block another lane', () => {
    const pool = poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.large')], {
      keys: { 'aurora.main': { concurrencyLimit: 1 }, 'borealis.main': { concurrencyLimit: 1 } },
    });
    const trial = tryOut(pool);
    trial.send('a', { model: 'small' });
    const large = trial.send('b', { model: 'large' });
    for (let index = 0; index < 5; index++)
      onlyWait(trial.begin(`small-${index}`, { model: 'small', declaredPriority: 'high' }));
    onlyWait(trial.begin('large', { model: 'large', declaredPriority: 'low' }));
    expect(onlySend(trial.end(large)).requestId).toBe('large');
  });

  it('lets no request that needs more block those behind it', () => {
    const pool = poolOf(
      [targetOf('aurora.main.small'), targetOf('borealis.main.small', { capabilities: { vision: false } })],
      {
        keys: {
          'aurora.main': { concurrencyLimit: 1, queueLimit: 50 },
          'borealis.main': { concurrencyLimit: 1, queueLimit: 50 },
        },
      },
    );
    const trial = tryOut(pool);
    const image = trial.send('a', { hasImage: true });
    const text = trial.send('b');
    expect([image.target, text.target]).toEqual(['aurora.main.small', 'borealis.main.small']);
    for (let index = 0; index < 20; index++) onlyWait(trial.begin(`image-${index}`, { hasImage: true }));
    onlyWait(trial.begin('text'));
    expect(onlySend(trial.end(text)).requestId).toBe('text');
  });

  it('wakes for a request far behind in the line when its own time has come', () => {
    const pool = poolOf(
      [targetOf('aurora.main.small'), targetOf('borealis.main.small', { capabilities: { vision: false } })],
      {
        keys: { 'aurora.main': { concurrencyLimit: 1, queueLimit: 50 } },
      },
    );
    const trial = tryOut(pool);
    const image = trial.send('a', { hasImage: true });
    const limited = trial.send('b', { maxOutputTokens: 100 });
    expect([image.target, limited.target]).toEqual(['aurora.main.small', 'borealis.main.small']);
    for (let index = 0; index < 20; index++) onlyWait(trial.begin(`image-${index}`, { hasImage: true }));
    trial.end(limited, { ...LIMITED, retryAfterMs: 2_000 });
    trial.router.observe(outcomeOf('b', 0, CANCELLED), 0);
    onlyWait(trial.begin('text'));
    // Any event of the key makes the lane look again; the wake for the text must survive that.
    trial.router.observe(outcomeOf('image-3', 0, CANCELLED), 0);
    trial.order('enable', 'aurora.main.small');
    expect(trial.pass(2_000).map((command) => command.requestId)).toEqual(['text']);
  });

  it('keeps a retry in line like everyone else, with its attempts counted', () => {
    const pool = poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.small')], {
      keys: { 'aurora.main': { concurrencyLimit: 1 }, 'borealis.main': { concurrencyLimit: 1 } },
    });
    const trial = tryOut(pool);
    const [a, b] = [trial.send('a'), trial.send('b')];
    expect(onlyWait(trial.end(a, FAILED)).reason).toBe('backoff');
    trial.send('fills the slot again');
    expect(trial.pass(100).map((command) => command.kind)).toEqual(['wait']);
    const again = onlySend(trial.end(b));
    expect(again).toMatchObject({ requestId: 'a', attempt: 2, target: b.target });
    expect(again.decision.cause).toBe('queue');
  });

  it('ends a retry that waited too long with the attempts it made', () => {
    const pool = poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.small')], {
      keys: { 'aurora.main': { concurrencyLimit: 1 }, 'borealis.main': { concurrencyLimit: 1 } },
    });
    const trial = tryOut(pool);
    const [a] = [trial.send('a'), trial.send('b')];
    trial.end(a, { ...FAILED, errorCode: 'boom' });
    trial.send('c');
    trial.pass(100);
    const reject = onlyReject(trial.pass(60_000));
    expect(reject).toMatchObject({ requestId: 'a', code: 'ALL_PROVIDER_FAILED', status: 502 });
    expect(reject.attempts).toEqual([
      { attempt: 1, target: a.target, kind: 'failure', status: 500, errorCode: 'boom' },
    ]);
  });

  it('is moved when an attempt elsewhere gives back what it had reserved of a shared budget', () => {
    const targets = [targetOf('aurora.main.small'), targetOf('aurora.spare.large')];
    const shared = [{ metric: 'tokens', window: '1m', limit: 3_100 }] as const;
    for (const facts of [
      { providers: { aurora: shared } },
      {
        clientKeys: [
          { name: 'anyone', priorityCeiling: 'high', models: null, maySteer: true, routes: null, budgets: shared },
        ] as const,
      },
    ]) {
      const trial = tryOut(poolOf(targets, facts));
      const [small] = [trial.send('a', { model: 'small' }), trial.send('b', { model: 'large' })];
      trial.pass(58_000);
      onlyWait(trial.begin('c', { model: 'large' }));
      const moved = onlySend(trial.end(small, { inputTokens: 100, outputTokens: 0 }));
      expect(moved).toMatchObject({ requestId: 'c', decision: { cause: 'queue', queuedMs: 0 } });
    }
  });
});
