/**
 * Whether a text asks for a search of the web, in English or Chinese: by words that say so alone, or by a verb and a
 * noun of the same clause. A clause that forbids it settles the matter for the whole text.
 */

/** Each text that asks for it holds one of these; most texts hold none. */
const HINT = /search|browse|internet|online|web|news|google|bing|[搜网查]|谷歌|百度/;
/** Clauses end where the meaning of a "not" does. */
const CLAUSE_ENDS = /[.!?;,:\n。！？；，：、]/;
/** At the start of what is left, so that `example.com/search` is no command. */
const SEARCH_COMMAND = /(?:^|\s)\/search(?=\s|$)/;

const ENGLISH_PHRASES = [
  'web search',
  'web-search',
  'websearch',
  'search the web',
  'search the internet',
  'search online',
  'search the net',
  'google search',
  'internet search',
  'online search',
  'browse the web',
  'browse the internet',
] as const;
const ENGLISH_VERBS = ['search', 'find', 'look', 'google', 'browse', 'research'] as const;
const ENGLISH_NOUNS = ['internet', 'online', 'on the web', 'from the web', 'news', 'on google', 'on bing'] as const;
const ENGLISH_DENIALS = new Set(
  (
    'not never no without avoid skip stop disable cannot ' +
    "don't dont doesn't didn't shouldn't mustn't needn't can't cant won't"
  ).split(' '),
);
/** A "not" reaches so far. Words. */
const DENIAL_REACH = 4;

const CHINESE_PHRASES = [
  '谷歌搜索',
  '谷歌一下',
  '百度一下',
  '百度搜索',
  '上网',
  '联网搜索',
  '网络搜索',
  '网上搜索',
] as const;
const CHINESE_VERBS = ['搜索', '查找', '搜'] as const;
const CHINESE_NOUNS = ['网络', '联网', '新闻', '信息', '报道'] as const;
/** What a denial forbids may be the noun alone: "不要联网". */
const CHINESE_DENIABLE = [...CHINESE_PHRASES, '联网', '网络', '网上'] as const;
const CHINESE_DENIALS = [
  '不要',
  '不用',
  '不必',
  '不需',
  '不能',
  '不许',
  '不准',
  '无需',
  '无须',
  '禁止',
  '切勿',
  '请勿',
  '没必要',
  '别',
] as const;
/** Characters between a denial and what it forbids. */
const CHINESE_DENIAL_REACH = 6;

/** @param text a sample, see `TEXT_SAMPLE_LENGTH_MAX` */
export function wantsWebSearch(text: string): boolean {
  const plain = text.toLowerCase().replaceAll('’', "'");
  if (!HINT.test(plain)) return false;
  let wants = SEARCH_COMMAND.test(plain);
  for (const clause of plain.split(CLAUSE_ENDS)) {
    const said = inEnglish(clause) ?? inChinese(clause);
    if (said === 'forbidden') return false;
    wants ||= said === 'wanted';
  }
  return wants;
}

function inEnglish(clause: string): 'wanted' | 'forbidden' | null {
  const padded = ` ${clause.trim().replace(/\s+/g, ' ')} `;
  const phrase = firstOf(padded, ENGLISH_PHRASES);
  const [start, end] = phrase === null ? verbWithNoun(padded) : [phrase, phrase];
  if (start < 0) return null;
  const before = wordsOf(padded.slice(0, start)).slice(-DENIAL_REACH);
  const words = [...before, ...wordsOf(padded.slice(start, end))];
  // "Why not search the web" asks for it.
  const isDenied = words.some((word, index) => ENGLISH_DENIALS.has(word) && words[index - 1] !== 'why');
  return isDenied ? 'forbidden' : 'wanted';
}

function wordsOf(padded: string): readonly string[] {
  return padded.trim().split(' ');
}

/** The place of the first phrase that stands there as words of its own. */
function firstOf(padded: string, phrases: readonly string[]): number | null {
  let first = -1;
  for (const phrase of phrases) {
    const at = padded.indexOf(` ${phrase}`);
    const end = padded.charCodeAt(at + 1 + phrase.length);
    // The plural and the like are fine, another word is not.
    const isWhole = at >= 0 && !(end >= 0x61 && end <= 0x7a && !padded.startsWith('es ', at + 1 + phrase.length));
    if (isWhole && (first < 0 || at < first)) first = at;
  }
  return first < 0 ? null : first;
}

/** The places of both; -1 and -1 when there are none. */
function verbWithNoun(padded: string): readonly [verb: number, noun: number] {
  const verb = firstOf(padded, ENGLISH_VERBS);
  const noun = verb === null ? null : firstOf(padded.slice(verb + 1), ENGLISH_NOUNS);
  return verb === null || noun === null ? [-1, -1] : [verb, verb + 1 + noun];
}

function inChinese(clause: string): 'wanted' | 'forbidden' | null {
  for (const denial of CHINESE_DENIALS) {
    for (let at = clause.indexOf(denial); at >= 0; at = clause.indexOf(denial, at + denial.length)) {
      // 特别, 分别, 类别: no denial.
      if (denial === '别' && '特分类区级性'.includes(clause[at - 1] ?? ' ')) continue;
      const reach = clause.slice(at + denial.length, at + denial.length + CHINESE_DENIAL_REACH);
      const isSearch = CHINESE_DENIABLE.some((phrase) => reach.includes(phrase));
      if (isSearch || (reach.includes('搜') && CHINESE_NOUNS.some((noun) => clause.includes(noun)))) return 'forbidden';
    }
  }
  const isWanted =
    CHINESE_PHRASES.some((phrase) => clause.includes(phrase)) ||
    (CHINESE_VERBS.some((verb) => clause.includes(verb)) && CHINESE_NOUNS.some((noun) => clause.includes(noun)));
  return isWanted ? 'wanted' : null;
}
