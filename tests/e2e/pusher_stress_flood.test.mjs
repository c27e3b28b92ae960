// SPDX-License-Identifier: Apache-2.0
//
// Thousands of connections that say nothing, or half a request: the others are served as ever, new
// ones too, and after a while the gateway has closed the idle ones and has its memory back.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { assertMemory, connectMany, inTurns, kMiB, publish, resident, witnesses } from './lib/peers.mjs';
import { within } from './lib/queue.mjs';

const kFlood = process.env.GARDU_STRESS === 'full' ? 8000 : 2000;
const kHalves = [
  '',
  'G',
  'GET /app/gardu-key?protocol=7 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n',
  'POST /apps/gardu/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\n{"name":',
];

test('a flood of unfinished handshakes holds up nobody and is cleaned up', async (t) => {
  const gardu = await start(t, { config: { plugins: { load: { loopback: null } } } });
  const others = await witnesses(gardu);
  const before = resident(gardu);
  const flood = [];
  await inTurns(kFlood, 64, async (i) => {
    const socket = net.connect(gardu.pusherPort, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    flood.push(new Promise((resolve) => socket.on('close', resolve)));
    t.after(() => socket.destroy());
    await new Promise((resolve) => socket.on('connect', resolve));
    socket.write(kHalves[i % kHalves.length]);
  });
  assertMemory(gardu, before, 32 * kMiB, `${kFlood} unfinished handshakes`);
  const real = await connectMany(gardu, 50, () => ({ subscribe: ['served'] }));
  const told = real.map((peer) => peer.next('e'));
  await publish(gardu, 'served', {});
  await Promise.all(told);
  await Promise.all(real.map((peer) => peer.leave()));
  await within(Promise.all(flood), 'the end of the flood', 150_000);
  assertMemory(gardu, before, 16 * kMiB, 'when the flood was cleaned up');
  await others.stop('a flood of handshakes');
  assert.ok(gardu.running());
});
