/**
 * A proxy with many small pools, so that each test of a file has targets of its own that no other test has spoilt,
 * without the second that the start of a proxy takes. All targets are one rough server; the path says which.
 */
import { startRoughServer, type Behaviour, type RoughRequest, type RoughServer } from '../upstream/rough-server.ts';
import { providerAt, ROUGH_SECRET, startLive, type LiveProxy, type LiveSettings } from './running-proxy.ts';

/** `pair`: two targets, the first one first. `solo`: one. `narrow`: one with room for one request and queue for two. */
const KINDS = { pair: 2, solo: 1, narrow: 1 } as const;
export type LaneKind = keyof typeof KINDS;

/** A model that only its own targets offer. */
export interface Lane {
  readonly model: string;
  /** In the order in which they are preferred. */
  readonly targets: readonly string[];
  /** What a target does with all requests from now on. */
  behave(target: number, behaviour: Behaviour): void;
  /** Requests that a target got. */
  requests(target: number): readonly RoughRequest[];
}

export interface ScriptedProxy extends LiveProxy {
  readonly server: RoughServer;
  /** The next unused one. */
  lane(kind: LaneKind, ...behaviours: readonly Behaviour[]): Lane;
  /** Lets go of the requests that came so far. */
  forgetRequests(): void;
}

export async function startScripted(
  counts: Readonly<Partial<Record<LaneKind, number>>>,
  settings: Partial<LiveSettings> = {},
): Promise<ScriptedProxy> {
  const behaviours = new Map<string, Behaviour>();
  const seen = new Map<string, RoughRequest[]>();
  const server = await startRoughServer((socket, request) => {
    const provider = /^POST \/([^/]+)\//.exec(request.head)![1]!;
    seen.set(provider, [...(seen.get(provider) ?? []), request]);
    const behave = behaviours.get(provider);
    if (behave === undefined) throw new Error(`no test has a use for ${provider}`);
    behave(socket, request);
  });
  const free = new Map<LaneKind, string[]>();
  const providers: object[] = [];
  for (const kind of Object.keys(KINDS) as LaneKind[]) {
    const models = Array.from({ length: counts[kind] ?? 0 }, (_, index) => `${kind}${index + 1}`);
    free.set(kind, models);
    for (const model of models) {
      for (const id of providersOf(kind, model)) {
        const key = kind === 'narrow' ? { concurrencyLimit: 1, queueLimit: 2 } : {};
        providers.push(providerAt(id, `${server.origin}/${id}`, { model: { id: model }, key }));
      }
    }
  }
  const live = await startLive({ pool: { providers }, environment: { ROUGH_KEY: ROUGH_SECRET }, ...settings }, () =>
    server.close(),
  );
  return Object.assign(live, {
    server,
    forgetRequests(): void {
      seen.clear();
      server.requests.length = 0;
    },
    lane: (kind: LaneKind, ...given: readonly Behaviour[]): Lane => {
      const model = free.get(kind)?.shift();
      if (model === undefined) throw new Error(`all lanes of kind ${kind} are used: ask for more of them`);
      const ids = providersOf(kind, model);
      given.forEach((behaviour, index) => behaviours.set(ids[index]!, behaviour));
      return {
        model,
        targets: ids.map((id) => `${id}.main.${model}`),
        behave: (target, behaviour) => void behaviours.set(ids[target]!, behaviour),
        requests: (target) => seen.get(ids[target]!) ?? [],
      };
    },
  });
}

function providersOf(kind: LaneKind, model: string): readonly string[] {
  return ['first', 'second'].slice(0, KINDS[kind]).map((place) => `${place}-${model}`);
}
