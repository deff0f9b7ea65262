import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../../../simulator/twins/rate-limit.ts';
import { bucketLevel, bucketWaitMs, createTokenBucket, takeFromBucket } from '../../../simulator/twins/token-bucket.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';

describe('token bucket', () => {
  it('starts full, fills at perMinute / 60,000 a ms and never beyond its capacity', () => {
    const bucket = createTokenBucket(600);
    expect(bucketLevel(bucket, 0)).toBe(600);
    takeFromBucket(bucket, 600, 0);
    expect(bucketLevel(bucket, 0)).toBe(0);
    expect(bucketLevel(bucket, 30_000)).toBeCloseTo(300, 9);
    expect(bucketLevel(bucket, 1e9)).toBe(600);
  });

  it('says how long until there is enough, and that more than it holds never comes', () => {
    const bucket = createTokenBucket(600);
    takeFromBucket(bucket, 600, 1_000);
    expect(bucketWaitMs(bucket, 60, 1_000)).toBeCloseTo(6_000, 9);
    expect(bucketWaitMs(bucket, 60, 4_000)).toBeCloseTo(3_000, 9);
    expect(bucketWaitMs(bucket, 60, 7_000)).toBe(0);
    expect(bucketWaitMs(bucket, 601, 7_000)).toBe(Infinity);
  });

  it('lets through who comes back exactly when told, whatever the rounding', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1e7, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (perMinute, nowMs, share) => {
          const bucket = createTokenBucket(perMinute);
          takeFromBucket(bucket, perMinute, nowMs);
          const amount = share * perMinute;
          const waitMs = bucketWaitMs(bucket, amount, nowMs);
          expect(waitMs).toBeGreaterThan(0);
          expect(bucketWaitMs(bucket, amount, nowMs + waitMs)).toBe(0);
        },
      ),
    );
  });

  it('passes its rate in the long run, within 1 %, under twice the load in uneven pieces', () => {
    const perMinute = 60_000;
    const bucket = createTokenBucket(perMinute);
    const minutes = 1_000;
    let passed = 0;
    let nowMs = 0;
    for (let key = 0; nowMs < minutes * 60_000; key++) {
      const amount = 1 + Math.floor(2_000 * drawUniform(1, key, 0, 1));
      nowMs += -Math.log1p(-drawUniform(1, key, 0, 2)) * 500;
      if (bucketWaitMs(bucket, amount, nowMs) > 0) continue;
      takeFromBucket(bucket, amount, nowMs);
      passed += amount;
    }
    // Piece sizes average 1,000 every 500 ms, twice the rate; the full bucket at the start is one minute more.
    expect(Math.abs(passed / (perMinute * (minutes + 1)) - 1)).toBeLessThan(0.01);
  });

  it('never passes more than capacity + rate x span', () => {
    const step = fc.record({ gapMs: fc.integer({ min: 0, max: 20_000 }), amount: fc.integer({ min: 1, max: 120 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const bucket = createTokenBucket(100);
        let nowMs = 0;
        let passed = 0;
        for (const { gapMs, amount } of steps) {
          nowMs += gapMs;
          if (bucketWaitMs(bucket, amount, nowMs) > 0) continue;
          takeFromBucket(bucket, amount, nowMs);
          passed += amount;
          expect(passed).toBeLessThanOrEqual(100 + (nowMs * 100) / 60_000 + 1e-6);
        }
      }),
    );
  });
});

describe('rate limit', () => {
  it('takes from both buckets or from neither, and names the longer wait', () => {
    const limit = createRateLimit({ requestsPerMinute: 2, tokensPerMinute: 1_000, retryAfter: true })!;
    expect(limit(900, 0)).toBe(0);
    // 900 tokens are gone: 400 more need 300 more than there are, at 1000 / 60,000 a ms.
    expect(limit(400, 0)).toBeCloseTo(18_000, 6);
    // The refused request took no request either: one is left.
    expect(limit(100, 0)).toBe(0);
    expect(limit(1, 0)).toBeCloseTo(30_000, 6);
    expect(limit(1_001, 0)).toBe(Infinity);
  });

  it('is absent when nothing is limited', () => {
    expect(createRateLimit({ requestsPerMinute: null, tokensPerMinute: null, retryAfter: true })).toBeNull();
  });
});
