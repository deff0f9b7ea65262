import { describe, expect, test } from 'vitest';
import { embeddedTracePath, EMBEDDED_SETTINGS } from '../../datasets/embedded/embedded-trace.ts';
import { arrivalTimes } from '../../datasets/generator/arrivals.ts';
import {
  checkSettings,
  generateTrace,
  GENERATOR_PROFILE_NAMES,
  GENERATOR_PROFILES,
  type GeneratorInput,
} from '../../datasets/generator/index.ts';
import { rateSegments } from '../../datasets/generator/rate-curve.ts';
import { openTrace } from '../../datasets/index.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import { allRows, rowsBySession } from './rows.ts';

const FLAT: GeneratorInput = {
  ...GENERATOR_PROFILES.chat,
  seed: 11,
  requests: 20_000,
  hours: 10,
  gaps: { family: 'gamma', cv: 1 },
  day: { kind: 'flat' },
  bursts: null,
};
const [CHAT_CLIENT] = GENERATOR_PROFILES.chat.clients;

function times(changes: Partial<GeneratorInput>): readonly number[] {
  return [...arrivalTimes(checkSettings({ ...FLAT, ...changes }))];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function cv(values: readonly number[]): number {
  const average = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2))) / average;
}

function gapsOf(arrivals: readonly number[]): readonly number[] {
  return arrivals.slice(1).map((atMs, index) => atMs - (arrivals[index] as number));
}

describe('arrivals', () => {
  test.each([
    ['gamma', 0.5],
    ['gamma', 1],
    ['gamma', 2.5],
    ['weibull', 0.5],
    ['weibull', 1],
    ['weibull', 2.5],
  ] as const)('%s gaps have the coefficient of variation %d', (family, wanted) => {
    const found = cv(gapsOf(times({ requests: 60_000, gaps: { family, cv: wanted } })));
    expect(Math.abs(found / wanted - 1)).toBeLessThan(0.04);
  });

  test('exactly the wanted number arrives, in order, within the wanted time', () => {
    const arrivals = times({ requests: 5_000, hours: 2, gaps: { family: 'gamma', cv: 3 } });
    expect(arrivals.length).toBe(5_000);
    expect(arrivals.every((atMs, index) => index === 0 || atMs >= (arrivals[index - 1] as number))).toBe(true);
    expect(arrivals[0]).toBeGreaterThanOrEqual(0);
    expect(arrivals.at(-1)).toBeLessThanOrEqual(7_200_000);
  });

  test('a wave day gives each hour its share', () => {
    const day = { kind: 'wave', peakHour: 14, amplitude: 0.8 } as const;
    const counts = countByHour(times({ requests: 240_000, hours: 24, startHour: 6, day }));
    for (const [hour, count] of counts.entries()) {
      // Mean of 1 + 0.8 cos over the hour, by its middle; five standard deviations of a Poisson count.
      const expected = 10_000 * (1 + 0.8 * Math.cos((2 * Math.PI * (hour + 0.5 + 6 - 14)) / 24));
      expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected) + 0.005 * expected);
    }
  });

  test('hourly factors give each hour its share, over days and from any hour on', () => {
    const factors = Array.from({ length: 24 }, (_, hour) => (hour === 3 ? 0 : 1 + (hour % 3)));
    const counts = countByHour(times({ requests: 200_000, hours: 48, startHour: 20, day: { kind: 'hours', factors } }));
    const total = 2 * factors.reduce((sum, factor) => sum + factor, 0);
    for (const [hour, count] of counts.entries()) {
      const expected = (200_000 * (factors[(hour + 20) % 24] ?? 0)) / total;
      expect(Math.abs(count - expected)).toBeLessThanOrEqual(5 * Math.sqrt(expected));
    }
  });

  test('during a burst the rate is the factor times what it is outside', () => {
    const bursts = { perHour: 4, meanSeconds: 120, factor: 5 };
    const settings = checkSettings({ ...FLAT, requests: 300_000, hours: 100, bursts });
    const arrivals = [...arrivalTimes(settings)];
    let [inside, outside, insideMs, outsideMs, spans, at] = [0, 0, 0, 0, 0, 0];
    let wasInside = false;
    for (const { startMs, endMs, rate } of rateSegments(settings)) {
      let count = 0;
      while (at < arrivals.length && (arrivals[at] as number) < endMs) [at, count] = [at + 1, count + 1];
      if (rate === 5)
        [inside, insideMs, spans] = [inside + count, insideMs + endMs - startMs, spans + (wasInside ? 0 : 1)];
      else [outside, outsideMs] = [outside + count, outsideMs + endMs - startMs];
      wasInside = rate === 5;
    }
    expect(Math.abs(inside / insideMs / (outside / outsideMs) / 5 - 1)).toBeLessThan(0.03);
    // 4 per hour of calm, each of 120 s on average, in 100 hours; exponential, so 400 / 1.133 +- 5 sqrt(353).
    expect(Math.abs(spans - 353)).toBeLessThan(95);
    expect(Math.abs(insideMs / spans / 120_000 - 1)).toBeLessThan(0.3);
  });
});

function countByHour(arrivals: readonly number[]): readonly number[] {
  const counts: number[] = [];
  for (const atMs of arrivals) {
    const hour = Math.floor(atMs / 3_600_000);
    counts[hour] = (counts[hour] ?? 0) + 1;
  }
  return Array.from(counts, (count) => count ?? 0);
}

describe('clients and conversations', () => {
  test('client keys have the shares of a Zipf law', async () => {
    const clients = Array.from({ length: 5 }, (_, index) => ({ ...CHAT_CLIENT, name: `client-${index}` }));
    const rows = await allRows(generateTrace({ ...FLAT, requests: 50_000, zipfExponent: 1, clients }));
    const harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5;
    for (const [index, { name }] of clients.entries()) {
      const share = rows.filter((row) => row.clientKey === name).length / rows.length;
      expect(Math.abs(share - 1 / (index + 1) / harmonic)).toBeLessThan(0.012);
    }
  });

  test('sessions have the wanted share, number of turns and time between turns', async () => {
    const sessions = { share: 0.7, meanTurns: 4, thinkTime: { medianSeconds: 30, sigma: 0.5 } };
    const client = { ...CHAT_CLIENT, sessions, promptTokensMax: 1_000_000 };
    const rows = await allRows(
      generateTrace({ ...FLAT, requests: 60_000, hours: 30, clients: [client], zipfExponent: 0 }),
    );
    const bySession = rowsBySession(rows);
    const turns = [...bySession.values()].map((session) => session.length);
    expect(Math.abs(rows.filter((row) => row.sessionId !== null).length / rows.length - 0.7)).toBeLessThan(0.02);
    expect(Math.abs(mean(turns) - 4)).toBeLessThan(0.15);
    // Geometric: P(1 turn) = 1/4.
    expect(Math.abs(turns.filter((count) => count === 1).length / turns.length - 0.25)).toBeLessThan(0.02);
    const waits = [...bySession.values()]
      .flatMap((session) => gapsOf(session.map((row) => row.arrivalMs)))
      .toSorted((a, b) => a - b);
    // A turn comes with the first arrival after it is due: here, within some seconds.
    expect((waits[waits.length >> 1] as number) / 1_000).toBeGreaterThan(29);
    expect((waits[waits.length >> 1] as number) / 1_000).toBeLessThan(38);
  });

  test('a turn holds all that was said before, and its blocks go on from those of the turn before', async () => {
    const rows = await allRows(generateTrace({ ...GENERATOR_PROFILES.agents, seed: 3, requests: 20_000, hours: 4 }));
    const sessions = rowsBySession(rows);
    let turns = 0;
    for (const session of sessions.values()) {
      for (const [index, row] of session.slice(1).entries()) {
        const before = session[index] as typeof row;
        expect(row.inputTokens).toBeGreaterThan(before.inputTokens + before.outputTokens - 1);
        expect(row.clientKey).toBe(before.clientKey);
        expect(row.prefixBlocks?.slice(0, before.prefixBlocks?.length)).toEqual(before.prefixBlocks);
        turns++;
      }
    }
    expect(turns).toBeGreaterThan(10_000);
    for (const row of rows) expect(row.prefixBlocks?.length).toBe(Math.floor(row.inputTokens / 512));
  });

  test('requests of one client share the blocks of its system prompt, and no others', async () => {
    const client = {
      ...CHAT_CLIENT,
      sessions: null,
      systemTokens: 2_000,
      input: { ...CHAT_CLIENT.input, median: 3_000 },
    };
    const clients = [
      { ...client, name: 'a' },
      { ...client, name: 'b' },
    ];
    const rows = await allRows(generateTrace({ ...FLAT, requests: 500, clients }));
    const owners = new Map<number, Set<string>>();
    for (const row of rows) {
      for (const [place, block] of (row.prefixBlocks ?? []).entries()) {
        const label = place < 3 ? `${row.clientKey}:${place}` : `${row.requestId}:${place}`;
        owners.set(block, (owners.get(block) ?? new Set()).add(label));
      }
    }
    expect([...owners.values()].every((labels) => labels.size === 1)).toBe(true);
    expect([...owners.keys()].every(Number.isSafeInteger)).toBe(true);
  });

  test('shares of flags, priorities and limits are as set', async () => {
    const client = {
      ...CHAT_CLIENT,
      sessions: null,
      backgroundShare: 0.3,
      lowPriorityShare: 0.2,
      highPriorityShare: 0.1,
      toolsShare: 0.4,
      imageShare: 0.05,
      streamShare: 0.5,
      outputLimitShare: 0.6,
    };
    const rows = await allRows(generateTrace({ ...FLAT, clients: [client], requests: 40_000 }));
    const share = (holds: (row: (typeof rows)[number]) => boolean) => rows.filter(holds).length / rows.length;
    expect(share((row) => row.declaredClass === 'background')).toBeCloseTo(0.3, 1.8);
    expect(share((row) => row.declaredPriority === 'low')).toBeCloseTo(0.2, 1.8);
    expect(share((row) => row.declaredPriority === 'high')).toBeCloseTo(0.1, 1.8);
    expect(share((row) => row.hasTools)).toBeCloseTo(0.4, 1.8);
    expect(share((row) => row.hasImage)).toBeCloseTo(0.05, 1.8);
    expect(share((row) => row.stream)).toBeCloseTo(0.7 * 0.5, 1.8);
    expect(share((row) => row.maxOutputTokens !== null)).toBeCloseTo(0.6, 1.8);
    expect(rows.every((row) => row.maxOutputTokens === null || row.maxOutputTokens >= row.outputTokens)).toBe(true);
    expect(rows.some((row) => row.stream && row.declaredClass === 'background')).toBe(false);
  });

  test('prompts stay within the limit, which ends their session', async () => {
    const client = { ...GENERATOR_PROFILES.agents.clients[0], promptTokensMax: 20_000 };
    const rows = await allRows(generateTrace({ ...FLAT, clients: [client], requests: 10_000 }));
    expect(Math.max(...rows.map((row) => row.inputTokens))).toBe(20_000);
    const full = rows.filter((row) => row.inputTokens === 20_000 && row.sessionId !== null);
    for (const row of full) expect(rows.findLast(({ sessionId }) => sessionId === row.sessionId)).toBe(row);
  });
});

describe('a profile with signals', () => {
  const settings = { ...GENERATOR_PROFILES.coding, seed: 3, requests: 20_000, hours: 6 };
  const steered = (sessionShare: number): GeneratorInput => ({
    ...settings,
    instructions: { steerTo: ['aurora.large', 'borealis.main', 'cumulus'], sessionShare },
  });

  test('gives every request signals that belong together', async () => {
    const rows = await allRows(generateTrace(settings));
    for (const { steering, sessionId, requestId, hasImage, hasTools, declaredClass } of rows) {
      const { signals, scope, scopeId, ...rest } = steering!;
      expect(rest).toEqual({ routeHint: null, instructions: [], bans: [], needsServerTools: false });
      expect([scope, scopeId]).toEqual(
        sessionId === null ? ['request', requestId] : ['session', `session:${sessionId}`],
      );
      const { latestFromUser, lastTool, wantsWebSearch, isBackground, usesTools } = signals!;
      expect(lastTool === null).toBe(latestFromUser);
      expect(usesTools).toBe(hasTools);
      expect(isBackground).toBe(latestFromUser && declaredClass === 'background');
      if (!latestFromUser) expect([signals!.hasImage, wantsWebSearch]).toEqual([false, false]);
      if (signals!.hasImage) expect(hasImage).toBe(true);
    }
    for (const turns of rowsBySession(rows).values()) {
      expect(turns[0]?.steering?.signals?.latestFromUser).toBe(true);
      const seen = turns.findIndex((turn) => turn.hasImage);
      if (seen < 0) continue;
      expect(turns[seen]?.steering?.signals?.hasImage).toBe(true);
      expect(turns.slice(seen).every((turn) => turn.hasImage)).toBe(true);
    }
  });

  test('has turns of users, tool loops, images, searches, long contexts and background work in their shares', async () => {
    const rows = (await allRows(generateTrace(settings))).filter((row) => row.clientKey === 'coding-agent');
    const later = [...rowsBySession(rows).values()].flatMap((turns) => turns.slice(1));
    const byUser = later.filter((row) => row.steering?.signals?.latestFromUser);
    expect(byUser.length / later.length).toBeCloseTo(0.18, 1.8);
    const loops = later.filter((row) => !row.steering?.signals?.latestFromUser);
    const share = (tool: string) =>
      loops.filter((row) => row.steering?.signals?.lastTool === tool).length / loops.length;
    expect(['websearch', 'read', 'write', 'search', 'other'].map(share)).toEqual(
      [0.02, 0.4, 0.22, 0.22, 0.14].map((each) => expect.closeTo(each, 1.8) as number),
    );
    expect(byUser.filter((row) => row.steering?.signals?.hasImage).length / byUser.length).toBeCloseTo(0.05, 1.5);
    expect(rows.filter((row) => row.inputTokens >= 180_000).length / rows.length).toBeGreaterThan(0.02);
  });

  test('steers the share of sessions that is asked for, and nothing else changes', async () => {
    const [plain, rows] = [await allRows(generateTrace(settings)), await allRows(generateTrace(steered(0.3)))];
    expect(rows.map(({ steering, ...row }) => ({ ...row, steering: { ...steering, instructions: [] } }))).toEqual(
      plain,
    );
    expect(rows.every((row) => row.sessionId !== null || row.steering?.instructions.length === 0)).toBe(true);
    const said = [...rowsBySession(rows).values()]
      .map((turns) =>
        turns.flatMap(({ steering }) => (steering!.signals!.latestFromUser ? steering!.instructions : [])),
      )
      .filter((instructions) => instructions.length > 0);
    const sessions = rowsBySession(rows).size;
    // Some sessions end before their user says it.
    expect(said.length / sessions).toBeGreaterThan(0.15);
    expect(said.length / sessions).toBeLessThan(0.3);
    const names = new Map<string, Set<string>>();
    for (const { kind, name } of said.flat()) names.set(kind, (names.get(kind) ?? new Set<string>()).add(name));
    expect(Object.fromEntries([...names].map(([kind, of]) => [kind, [...of].toSorted()]))).toEqual({
      sticky: ['aurora.large', 'borealis.main'],
      force: ['aurora.large', 'borealis.main'],
      disable: ['aurora.large', 'borealis.main', 'cumulus'],
      enable: ['aurora.large', 'borealis.main', 'cumulus'],
      allow: ['aurora', 'borealis', 'cumulus'],
      clear: [''],
    });
    for (const instructions of said) {
      expect(['sticky', 'force', 'disable', 'allow']).toContain(instructions[0]?.kind);
      expect(instructions.slice(1).every(({ kind }) => kind === 'clear' || kind === 'enable')).toBe(true);
      expect(instructions.length).toBeLessThanOrEqual(instructions[0]?.kind === 'force' ? 1 : 2);
    }
  });

  test('an instruction stands in every request until the next message of the user', async () => {
    const rows = await allRows(generateTrace(steered(1)));
    for (const turns of rowsBySession(rows).values()) {
      for (const [index, { steering }] of turns.entries()) {
        if (steering!.signals!.latestFromUser) continue;
        expect(steering!.instructions).toEqual(turns[index - 1]?.steering?.instructions);
      }
    }
  });

  test('clients without signals can be steered too: those sessions say whose memory they use', async () => {
    const instructions = { steerTo: ['aurora'], sessionShare: 0.4 };
    const rows = await allRows(generateTrace({ ...FLAT, requests: 5_000, instructions }));
    const sessions = [...rowsBySession(rows).values()];
    const has = sessions.map((turns) => turns.filter((turn) => turn.steering !== null).length / turns.length);
    expect(new Set(has)).toEqual(new Set([0, 1]));
    expect(mean(has)).toBeCloseTo(0.4, 1.2);
    expect(rows.every((row) => row.sessionId !== null || row.steering === null)).toBe(true);
  });
});

describe('determinism', () => {
  test('reading twice gives the same rows, and span and count tell the truth', async () => {
    const trace = generateTrace({ ...GENERATOR_PROFILES.mixed, seed: 5, requests: 5_000, hours: 1 });
    const rows = await allRows(trace);
    expect(await allRows(trace)).toEqual(rows);
    expect(trace.requests).toBe(rows.length);
    expect(trace.spanMs).toBe(rows.at(-1)?.arrivalMs);
    expect(new Set(rows.map((row) => row.requestId)).size).toBe(rows.length);
    const sorted = rows.toSorted((a, b) => a.arrivalMs - b.arrivalMs || (a.requestId < b.requestId ? -1 : 1));
    expect(rows).toEqual(sorted);
  });

  test('another seed gives other rows and another hash', async () => {
    const [one, two] = [5, 6].map((seed) => generateTrace({ ...FLAT, seed, requests: 100 }));
    expect(one?.sha256).not.toBe(two?.sha256);
    expect(await allRows(one!)).not.toEqual(await allRows(two!));
  });

  test('the embedded trace is what its settings give', async () => {
    const embedded = await openTrace(embeddedTracePath());
    const rows = await allRows(embedded);
    expect(rows).toEqual(await allRows(generateTrace(EMBEDDED_SETTINGS)));
    expect(rows.length).toBe(6_000);
    expect(new Set(rows.map((row) => row.clientKey)).size).toBe(3);
    const perMinute = Array.from(
      { length: 60 },
      (_, minute) => rows.filter((row) => Math.floor(row.arrivalMs / 60_000) === minute).length,
    );
    expect(Math.max(...perMinute) / 60).toBeGreaterThan(4);
    expect(Math.max(...perMinute) / 60).toBeLessThan(8);
  });
});

describe('settings', () => {
  test.each([...GENERATOR_PROFILE_NAMES])('the profile %s is sound', async (name) => {
    const rows = await allRows(generateTrace({ ...GENERATOR_PROFILES[name], seed: 1, requests: 300, hours: 1 }));
    expect(rows.length).toBe(300);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no requests', { requests: 0 }, /requests: expected number >= 1, got 0/],
    ['a negative seed', { seed: -1 }, /seed/],
    ['no time', { hours: 0 }, /hours/],
    ['an unknown family', { gaps: { family: 'normal', cv: 1 } }, /gaps\.family: expected one of gamma, weibull/],
    ['a wild variation', { gaps: { family: 'gamma', cv: 99 } }, /gaps\.cv/],
    ['a day of two hours', { day: { kind: 'hours', factors: [1, 2] } }, /day\.factors/],
    ['a day without traffic', { day: { kind: 'hours', factors: new Array(24).fill(0) } }, /nothing could arrive/],
    ['no clients', { clients: [] }, /clients/],
    ['one name twice', { clients: [CHAT_CLIENT, CHAT_CLIENT] }, /clients\[1\]\.name: .*used twice/],
    [
      'a system prompt without end',
      { clients: [{ ...CHAT_CLIENT, systemTokens: 50_000 }] },
      /systemTokens: .*below promptTokensMax/,
    ],
    [
      'tools that no one uses',
      {
        clients: [
          {
            ...CHAT_CLIENT,
            signals: {
              userTurnShare: 0.5,
              webSearchShare: 0,
              tools: { websearch: 0, read: 0, write: 0, search: 0, other: 0 },
            },
          },
        ],
      },
      /clients\[0\]\.signals\.tools: all are 0/,
    ],
    ['instructions without a name', { instructions: { steerTo: [], sessionShare: 0.1 } }, /instructions\.steerTo/],
    [
      'a name that no marker can hold',
      { instructions: { steerTo: ['!aurora'], sessionShare: 0.1 } },
      /instructions\.steerTo\[0\]: is no address/,
    ],
    ['shares above 1', { clients: [{ ...CHAT_CLIENT, lowPriorityShare: 0.95 }] }, /exceeds 1/],
    ['an unknown field', { sped: 1 }, /sped: unknown field/],
  ])('%s is refused in one line', (_name, changes, message) => {
    const attempt = () => checkSettings({ ...FLAT, ...changes });
    expect(attempt).toThrow(BadInput);
    expect(attempt).toThrow(message);
  });
});
