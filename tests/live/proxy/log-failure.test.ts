/** The proxy whose log cannot be written: it serves or refuses, as it was told, says so, and recovers. */
import { describe, expect, it } from 'vitest';
import { failingDevice } from '../../log/live/failing-device.ts';
import { CHAT, DONE, sendStream, STOP, text, wholeAnswer, type Behaviour } from '../upstream/rough-server.ts';
import { until } from './until.ts';
import { endsWithoutRows, expectParity, readLogged, seenEnd } from './logged-rows.ts';
import { forTest } from './proxy-of-test.ts';
import type { LiveProxy } from './running-proxy.ts';
import { startScripted } from './scripted-lanes.ts';

const good: Behaviour = (socket, { body }) =>
  body.includes('"stream":true')
    ? sendStream(socket, [text('a'), STOP, DONE])
    : void socket.write(wholeAnswer(200, CHAT));

async function health(live: LiveProxy) {
  const response = await fetch(`${live.url}/health`);
  return { code: response.status, ...((await response.json()) as { status: string; log: { state: string } }) };
}

const isFailing = (live: LiveProxy): boolean => live.proxy.log.health().state === 'failing';

describe('while the log cannot be written', () => {
  it('refuse: answers that are not safe are kept back, new calls are refused, and then all is well again', async () => {
    const device = failingDevice();
    const live = await forTest(
      startScripted({ solo: 1 }, { log: { onFailure: 'refuse' }, start: { logOptions: { device } } }),
    );
    const lane = live.lane('solo', good);
    const before = await live.chat({ model: lane.model });
    expect([before.status, await before.text()]).toEqual([200, CHAT]);

    device.isHanging = true;
    const whole = live.chat({ model: lane.model });
    const stream = await live.chat({ model: lane.model, stream: true });
    await until(() => lane.requests(0).length === 3 && live.proxy.driver.openRequests === 0, 'answered upstream');
    device.fault = 'ENOSPC';
    device.isHanging = false;
    const kept = await whole;
    expect(kept.status).toBe(503);
    expect(await kept.json()).toMatchObject({ error: { code: 'log_unavailable', type: 'server_error' } });
    const streamed = await stream.text();
    expect(streamed).toContain('"code":"log_unavailable"');
    expect(streamed).not.toContain('[DONE]');

    await until(() => isFailing(live), 'the log failing');
    // Those that come before the proxy has looked at its log are asked for in vain.
    const isRefusedAtTheDoor = async (): Promise<boolean> => {
      const { status, headers } = await live.chat({ model: lane.model });
      return status === 503 && !headers.has('x-token-pool-request-id');
    };
    await untilTold(isRefusedAtTheDoor, 'new calls refused');
    const asked = lane.requests(0).length;
    const refused = await live.chat({ model: lane.model });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: 'log_unavailable' } });
    expect(lane.requests(0)).toHaveLength(asked);
    expect(await health(live)).toMatchObject({ code: 503, status: 'failing', log: { state: 'failing' } });

    device.fault = null;
    await untilTold(async () => (await live.chat({ model: lane.model })).status === 200, 'served again');
    expect(await health(live)).toMatchObject({ code: 200, status: 'ok', log: { state: 'ok' } });
    await live.close();
    const logged = await readLogged(live.logFolder);
    expectParity(logged);
    expect(endsWithoutRows(logged, [seenEnd(before), seenEnd(kept), seenEnd(stream)])).toEqual([]);
  });

  it('serve: the proxy goes on, says so, and writes it all down when it can', async () => {
    const device = failingDevice();
    const live = await forTest(
      startScripted({ solo: 1 }, { log: { onFailure: 'serve' }, start: { logOptions: { device } } }),
    );
    const lane = live.lane('solo', good);
    device.fault = 'EIO';
    const ends = [];
    for (const stream of [false, true, false]) {
      const response = await live.chat({ model: lane.model, stream });
      expect([response.status, await response.text()]).toEqual([200, stream ? text('a') + STOP + DONE : CHAT]);
      ends.push(seenEnd(response));
    }
    await until(() => isFailing(live), 'the log failing');
    expect(await health(live)).toMatchObject({ code: 200, status: 'degraded', log: { state: 'failing' } });
    device.fault = null;
    await until(() => !isFailing(live), 'the log written', 10_000);
    await live.close();
    const logged = await readLogged(live.logFolder);
    expectParity(logged);
    expect(endsWithoutRows(logged, ends)).toEqual([]);
  });

  it('serve, for longer than memory allows: rows are dropped and counted, and the log goes on with the state', async () => {
    const device = failingDevice();
    const live = await forTest(
      startScripted({ solo: 1 }, { start: { logOptions: { device, pendingBytesMax: 20_000 } } }),
    );
    const lane = live.lane('solo', good);
    const ask = async (): Promise<Response> => {
      const response = await live.chat({ model: lane.model });
      expect([response.status, await response.text()]).toEqual([200, CHAT]);
      return response;
    };
    const before = await ask();
    device.fault = 'ENOSPC';
    for (let sent = 0; live.proxy.log.health().droppedRecords === 0 && sent < 500; sent++) await ask();
    await ask();
    expect(live.proxy.log.health().droppedRecords).toBeGreaterThan(0);
    device.fault = null;
    await until(() => !isFailing(live), 'the log written', 10_000);
    const after = await ask();
    await live.close();
    const logged = await readLogged(live.logFolder);
    const { decisions, identical, firstDifference, unverified } = logged.parity;
    expect({ identical, firstDifference }).toEqual({ identical: decisions, firstDifference: null });
    expect(unverified).toHaveLength(1);
    expect(endsWithoutRows(logged, [seenEnd(before), seenEnd(after)])).toEqual([]);
  });
});

/** Waits until something holds that has to be asked for. */
async function untilTold(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 400) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
