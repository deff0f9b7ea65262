import { describe, expect, it } from 'vitest';
import { wantsWebSearch } from '../../../src/protocols/conversation/web-search-intent.ts';

describe('B.4 a text that asks for a search of the web', () => {
  it.each([
    'Do a web search for it',
    'web search: node 24',
    'WEB SEARCH',
    'try some web searches',
    'please search the web',
    'Search the internet for cats',
    '/search cats',
    'first line\n/search cats',
    'look it up online',
    'find the latest news on it',
    'Why not search the web for it?',
    "I don't know. Web search it.",
    "Don't search the code, do a web search",
    '谷歌搜索一下',
    '谷歌一下',
    '百度一下天气',
    '上网看看',
    '帮我搜索今天的新闻',
    '搜一下网络',
    '查找相关报道',
    '联网搜索',
    '特别需要联网搜索',
  ])('%s', (text) => {
    expect(wantsWebSearch(text)).toBe(true);
  });

  it.each([
    '',
    'search the code for it',
    'find the bug in the web server',
    'see https://example.com/search and fix it',
    'the directory src/search is empty',
    'the newsletter: find its code',
    'do not web search',
    'Do not do any web search',
    "don't search the web",
    'don’t search the web',
    'never search the internet',
    'answer without a web search',
    'search the docs without going to the internet',
    'no web search please',
    'Search the web? No: do not search the web.',
    '不要联网',
    '不要联网搜索',
    '不要上网',
    '请勿上网搜索',
    '别上网',
    '无需搜索网络新闻',
    '在代码里搜索',
    '今天的新闻',
  ])('not so: %s', (text) => {
    expect(wantsWebSearch(text)).toBe(false);
  });
});
