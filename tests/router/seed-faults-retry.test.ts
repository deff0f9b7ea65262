/** Faults of the original executor (seed-semantics A.4.27 to 30, A.6.15), one test each that shows the fault gone. */
import { describe, expect, it } from 'vitest';
import { BAD_REQUEST, CANCELLED, FAILED, LIMITED, outcomeOf, poolOf, targetOf, TIMED_OUT } from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, tryOut } from './trial.ts';

const IDS = ['aurora.main.small', 'borealis.main.small', 'cirrus.main.small'];
const POOL = poolOf(IDS.map((id) => targetOf(id)));

describe('the executor', () => {
  it('A.4.27 keeps a list of the targets tried, for as many attempts as the policy allows', () => {
    const trial = tryOut(POOL);
    const tried: string[] = [];
    let sent = trial.send('a');
    for (;;) {
      expect(tried).not.toContain(sent.target);
      tried.push(sent.target);
      const commands = trial.end(sent, FAILED);
      if (commands[0]?.kind === 'reject') break;
      sent = onlySend(trial.pass(5_000));
    }
    expect([...tried].sort()).toEqual(IDS);
  });

  it('A.4.27 decides a retry anew: states, budgets and scores of that moment, with a backoff before it', () => {
    const trial = tryOut(POOL);
    const first = trial.send('a');
    const wait = onlyWait(trial.end(first, FAILED));
    expect(wait.untilMs).toBeGreaterThan(trial.nowMs);
    const others = IDS.filter((id) => id !== first.target);
    trial.order('disable', others[0]!);
    const second = onlySend(trial.pass(200));
    expect(second.target).toBe(others[1]);
    expect(rejections(second)).toMatchObject({ [first.target]: 'excluded', [others[0]!]: 'disabled' });
    expect(second.decision.candidates!.find((each) => each.target === others[1])!.score).toBeGreaterThan(0);
  });

  it.each([400, 404, 413, 415, 422])('A.4.28 repeats no %d', (status) => {
    const trial = tryOut(POOL);
    const reject = onlyReject(trial.end(trial.send('a'), { ...BAD_REQUEST, status }));
    expect(reject).toMatchObject({ code: 'UPSTREAM_REJECTED', status });
  });

  it('A.4.28 repeats nothing of which a byte has reached the client', () => {
    const trial = tryOut(POOL);
    expect(onlyReject(trial.end(trial.send('a'), { ...FAILED, reachedClient: true })).code).toBe('STREAM_BROKEN');
  });

  it('A.4.29 treats time-outs as failures of the target, keeps to a deadline and heeds Retry-After', () => {
    const trial = tryOut(POOL, { retry: { deadlineMs: 30_000 } });
    const slow = trial.send('slow');
    trial.pass(31_000);
    expect(onlyReject(trial.end(slow, TIMED_OUT))).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 504 });
    const limited = trial.send('limited');
    trial.end(limited, { ...LIMITED, retryAfterMs: 20_000 });
    trial.end(onlySend(trial.pass(200)));
    trial.pass(19_000);
    expect(rejections(trial.send('meanwhile'))[limited.target]).toBe('rate_limited');
    trial.pass(1_000);
    expect(rejections(trial.send('afterwards'))[limited.target]).toBeNull();
  });

  it('A.4.29 does not count a client that leaves as a failure, whether sent, queued or backing off', () => {
    const pool = poolOf([targetOf(IDS[0]!)], { keys: { 'aurora.main': { concurrencyLimit: 1 } } });
    const trial = tryOut(pool);
    const before = JSON.stringify(trial.router.snapshot().state.estimates);
    for (let index = 0; index < 50; index++) {
      const sent = trial.send(`sent-${index}`);
      onlyWait(trial.begin(`queued-${index}`));
      trial.router.observe(outcomeOf(`queued-${index}`, 0, CANCELLED), trial.nowMs);
      trial.end(sent, CANCELLED);
    }
    expect(JSON.stringify(trial.router.snapshot().state.estimates)).toBe(before);
    expect(trial.state(IDS[0]!)).toBe('healthy');
    expect(trial.router.openRequests).toBe(0);
  });

  it('A.4.30 tells all attempts when the last one failed', () => {
    const trial = tryOut(POOL);
    let sent = trial.send('a');
    const seen = [sent.target];
    for (let attempt = 1; attempt < 3; attempt++) {
      trial.end(sent, { ...FAILED, status: 500 + attempt, errorCode: `e${attempt}` });
      sent = onlySend(trial.pass(5_000));
      seen.push(sent.target);
    }
    const reject = onlyReject(trial.end(sent, { ...FAILED, status: 503, errorCode: 'e3' }));
    expect(reject).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 502 });
    expect(reject.attempts).toEqual(
      seen.map((target, index) => ({
        attempt: index + 1,
        target,
        kind: 'failure',
        status: 501 + index,
        errorCode: `e${index + 1}`,
      })),
    );
  });

  it('A.6.15 has budget windows, state windows and the retry list working together on one request', () => {
    const pool = poolOf(
      [
        targetOf(IDS[0]!, { budgets: [{ metric: 'tokens', window: '5m', limit: 1_499 }] }),
        targetOf(IDS[1]!),
        targetOf(IDS[2]!),
      ],
      { modelAliases: { second: [IDS[1]!], third: [IDS[2]!] } },
    );
    const trial = tryOut(pool);
    for (let index = 0; index < 10; index++) trial.serve(`bad-${index}`, { model: 'second' }, FAILED);
    const first = trial.send('a');
    expect(rejections(first)).toEqual({ [IDS[0]!]: 'budget_exhausted', [IDS[1]!]: 'cooldown', [IDS[2]!]: null });
    const reject = onlyReject(trial.end(first, FAILED));
    expect(rejections(reject)).toEqual({ [IDS[0]!]: 'budget_exhausted', [IDS[1]!]: 'cooldown', [IDS[2]!]: 'excluded' });
  });
});
