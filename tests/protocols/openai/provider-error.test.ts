import { describe, expect, it } from 'vitest';
import { isQuotaRefusal } from '../../../src/protocols/openai/index.ts';

describe('a refusal', () => {
  it.each([
    ['OpenAI', '{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}'],
    ['OpenAI, of old', '{"error":{"message":"m","type":"insufficient_quota","param":null,"code":null}}'],
    ['OpenAI, for images', '{"error":{"code":"billing_hard_limit_reached","type":"invalid_request_error"}}'],
    ['Moonshot', '{"error":{"message":"m","type":"exceeded_current_quota_error"}}'],
    ['DashScope', '{"error":{"code":"Arrearage","message":"m","type":"Arrearage"}}'],
    ['vLLM of old', '{"object":"error","code":"quota_exceeded"}'],
  ])('by %s names a quota that is used up', (_, body) => {
    expect(isQuotaRefusal(Buffer.from(body))).toBe(true);
  });

  it.each([
    ['a limit that passes', '{"error":{"type":"rate_limit_exceeded","code":"rate_limit_exceeded"}}'],
    [
      'a quota of a minute, by Gemini',
      '{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}}',
    ],
    ['words alone', '{"error":"insufficient_quota"}'],
    ['no error', '{"choices":[],"code":"insufficient_quota"}'],
    ['no object', '["insufficient_quota"]'],
    ['no JSON', 'insufficient_quota'],
    ['nothing', ''],
  ])('does not, with %s', (_, body) => {
    expect(isQuotaRefusal(Buffer.from(body))).toBe(false);
  });
});
