/** What in a chat tells one kind of request from another: who spoke last, of what, and what the tools did. */
import type { RouteSignals, ToolCategory } from '../../router/steering.ts';
import { isBackgroundText } from '../conversation/background-words.ts';
import { textSample } from '../conversation/text-sample.ts';
import { toolCategory, turnCategory } from '../conversation/tool-category.ts';
import { wantsWebSearch } from '../conversation/web-search-intent.ts';
import { isRecord, type JsonRecord } from './json-record.ts';
import { hasImage, textsOf } from './message-parts.ts';

/** A tool that every client of a family declares, whether it is going to use it or not. */
const TOOL_THAT_SAYS_NOTHING = 'exec_command';

/**
 * Text and image count only when the latest message is the user's: in a loop of tools they have done their part.
 *
 * @param messages of the body, without routing instructions
 */
export function routeSignals(
  messages: readonly unknown[],
  body: JsonRecord,
  backgroundKeywords: readonly string[],
): RouteSignals {
  const latest = messages.at(-1);
  const content = isRecord(latest) && latest['role'] === 'user' ? latest['content'] : null;
  const text = textSample(textsOf(content));
  const lastTool = lastToolCategory(messages);
  return {
    latestFromUser: isRecord(latest) && latest['role'] === 'user',
    hasImage: hasImage(content),
    wantsWebSearch: wantsWebSearch(text),
    isBackground: isBackgroundText(text, backgroundKeywords),
    lastTool,
    usesTools: lastTool !== null || declaresTools(body),
  };
}

/** Of the last turn of the assistant that called tools; null when there is none. */
function lastToolCategory(messages: readonly unknown[]): ToolCategory | null {
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    if (!isRecord(message) || message['role'] !== 'assistant') continue;
    const category = turnCategory(callsOf(message).map(categoryOfCall));
    if (category !== null) return category;
  }
  return null;
}

function callsOf(message: JsonRecord): readonly unknown[] {
  const { tool_calls: calls, function_call: call } = message;
  if (Array.isArray(calls) && calls.length > 0) return calls as unknown[];
  // The form of before November 2023.
  return isRecord(call) ? [{ function: call }] : [];
}

function categoryOfCall(call: unknown): ToolCategory {
  if (!isRecord(call)) return 'other';
  const { function: called, custom } = call;
  if (isRecord(called)) return toolCategory(filledName(called), called['arguments']);
  return isRecord(custom) ? toolCategory(filledName(custom), custom['input'], true) : 'other';
}

function declaresTools({ tools, functions }: JsonRecord): boolean {
  const declared = [...listOf(tools), ...listOf(functions)];
  return declared.length > 1 || (declared.length === 1 && nameOfTool(declared[0]) !== TOOL_THAT_SAYS_NOTHING);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function nameOfTool(tool: unknown): string {
  if (!isRecord(tool)) return '';
  const { function: called, custom } = tool;
  if (isRecord(called)) return filledName(called);
  return filledName(isRecord(custom) ? custom : tool);
}

function filledName(record: JsonRecord): string {
  const { name } = record;
  return typeof name === 'string' ? name : '';
}
