/** What kind of API a provider has, told from the words in its type, its protocol or its name. */

/** Words to look for, in this order; several may mean one type. */
const TYPE_WORDS = [
  ['anthropic', 'anthropic'],
  ['claude', 'anthropic'],
  ['responses', 'responses'],
  ['gemini', 'gemini'],
  ['iflow', 'iflow'],
  ['qwen', 'qwen'],
  ['glm', 'glm'],
  ['lmstudio', 'lmstudio'],
] as const;

export type ProviderType = (typeof TYPE_WORDS)[number][1] | 'openai';

/** APIs that take images in the same request as the text. */
const INLINE_VISION_TYPES: readonly ProviderType[] = ['responses', 'gemini'];

/**
 * The type that a provider states, else the one that its protocol has, else the one that its name tells; `openai` when
 * none of these says anything.
 */
export function providerTypeOf({
  type,
  protocol,
  id,
}: {
  readonly type?: string | undefined;
  readonly protocol: string;
  readonly id: string;
}): ProviderType {
  if (type !== undefined) return typeIn(type) ?? 'openai';
  return typeIn(protocol) ?? typeIn(id) ?? 'openai';
}

/** Whether images go in the same request as the text. */
export function hasInlineVision(type: ProviderType): boolean {
  return INLINE_VISION_TYPES.includes(type);
}

function typeIn(text: string): ProviderType | null {
  const lowerCase = text.toLowerCase();
  return TYPE_WORDS.find(([word]) => lowerCase.includes(word))?.[1] ?? null;
}
