import { describe, expect, it } from 'vitest';
import { BACKGROUND_KEYWORDS_DEFAULT, isBackgroundText } from '../../../src/protocols/conversation/background-words.ts';
import { TEXT_SAMPLE_LENGTH_MAX, textSample } from '../../../src/protocols/conversation/text-sample.ts';

describe('B.4 words of background work', () => {
  it.each([
    ['a background job', BACKGROUND_KEYWORDS_DEFAULT, true],
    ['CONTEXT DUMP follows', BACKGROUND_KEYWORDS_DEFAULT, true],
    ['context, then a dump', BACKGROUND_KEYWORDS_DEFAULT, false],
    ['a nightly job', BACKGROUND_KEYWORDS_DEFAULT, false],
    ['a nightly job', ['Nightly '], true],
    ['a background job', [], false],
    ['anything', ['', ' '], false],
  ])('%s, of %j: %s', (text, keywords, expected) => {
    expect(isBackgroundText(text, keywords)).toBe(expected);
  });
});

describe('B.3 the sample of a text', () => {
  it('is bounded, over all parts', () => {
    expect(textSample([])).toBe('');
    expect(textSample(['a', 'b'])).toBe('a\nb');
    expect(textSample(['x'.repeat(10_000)])).toHaveLength(TEXT_SAMPLE_LENGTH_MAX);
    expect(textSample(['x'.repeat(1_999), 'y', 'z'])).toHaveLength(TEXT_SAMPLE_LENGTH_MAX);
  });
});
