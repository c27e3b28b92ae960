// SPDX-License-Identifier: Apache-2.0
//
// Clients that are slow, gone, too many or too big: each is dealt with as the protocol says, memory
// stays where it was, and everybody else gets everything meanwhile (their latencies are printed).
// With GARDU_STRESS=full the numbers are those of production: a million connections, come and gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import * as peers from './lib/peers.mjs';
import { within } from './lib/queue.mjs';

const { api, assertMemory, connectMany, inTurns, kMiB, masked, metric, metricIs, Peer, publish, resident, witnesses } = peers;
const kFull = process.env.GARDU_STRESS === 'full';
const kSlow = Boolean(process.env.GARDU_SANITIZE);
const kDrained = kFull ? 10_000 : kSlow ? 300 : 2000;
const kComeAndGone = kFull ? 1_000_000 : kSlow ? 1000 : 20_000;
const kBinary = 2;

const pusher = (settings) => ({ config: { plugins: { load: { loopback: null, pusher: settings } } } });
const ended = (peer, what) => within(peer.closed, what, 60000);

test('one that does not read is closed with 4100; the others get everything', async (t) => {
  const gardu = await start(t, pusher({ send_queue: '256KiB' }));
  const others = await witnesses(gardu);
  const slow = await connectMany(gardu, 8, () => ({ subscribe: ['flood'] }));
  const [fast] = await connectMany(gardu, 1, () => ({ subscribe: ['flood'] }));
  let got = 0;
  fast.on = ({ event }) => (got += event === 'e' ? 1 : 0);
  const before = resident(gardu);
  slow.forEach((peer) => peer.socket.pause());
  let sent = 0;
  const text = 'x'.repeat(9000);
  // The kernel holds some megabytes for each before anything waits in the gateway.
  while (sent < 8000 && (sent % 20 || (await metric(gardu, 'slow_consumers_total')) < slow.length)) {
    await publish(gardu, 'flood', { n: sent, text });
    ++sent;
  }
  assert.equal(await metric(gardu, 'slow_consumers_total'), slow.length, `after ${sent} events`);
  assertMemory(gardu, before, 24 * kMiB, `eight slow readers, ${sent} events`);
  slow.forEach((peer) => peer.socket.resume());
  assert.deepEqual(await Promise.all(slow.map((p) => ended(p, 'slow'))), slow.map(() => 4100));
  const last = fast.next('last');
  await publish(gardu, 'flood', {}, 'last');
  await last;
  assert.equal(got, sent);
  await others.stop('slow readers');
  await fast.leave();
  await metricIs(gardu, 'connections', 0);
});

test('one that answers no ping is closed with 4201, whether or not it has subscribed', async (t) => {
  const gardu = await start(t, pusher({ activity_timeout_s: 1, pong_timeout_s: 1 }));
  const others = await witnesses(gardu);
  const mute = await connectMany(gardu, 20, (i) => ({ answers: false, subscribe: i % 2 ? ['room'] : [] }));
  const frozen = await connectMany(gardu, 5);
  frozen.forEach((peer) => peer.socket.pause()); // as if the cable were cut: neither data nor a FIN
  const pings = mute.map((peer) => peer.next('pusher:ping'));
  await Promise.all(pings);
  assert.deepEqual(await Promise.all(mute.map((p) => ended(p, 'mute'))), mute.map(() => 4201));
  await metricIs(gardu, 'timeouts_total', mute.length + frozen.length);
  await metricIs(gardu, 'connections', others.count); // those answer
  await others.stop('half-open sockets');
  frozen.forEach((peer) => peer.vanish());
});

test('a frame of 1 MB is refused with 1009, also by its head alone or in parts', async (t) => {
  const gardu = await start(t, pusher({}));
  const others = await witnesses(gardu);
  const before = resident(gardu);
  const big = Buffer.alloc(kMiB, 'x');
  const ways = [
    (socket) => socket.write(masked(1, big)),
    (socket) => socket.write(Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4])), // 2^40
    (socket) => {
      socket.write(masked(1, big.subarray(0, 4000), { fin: false }));
      for (let i = 0; i < 255; ++i) socket.write(masked(0, big.subarray(0, 4000), { fin: false }));
    },
    (socket) => socket.write(masked(kBinary, big)),
  ];
  const codes = kSlow ? ways.length * 5 : ways.length * 50;
  await inTurns(codes, 16, async (i) => {
    const peer = await new Peer(gardu).ready;
    ways[i % ways.length](peer.socket);
    const code = await ended(peer, 'too big');
    if (i % ways.length !== 3) assert.equal(code, 1009);
    else assert.ok(code === 1003 || code === 1009, `binary: ${code}`);
  });
  assertMemory(gardu, before, 16 * kMiB, `${codes} messages of 1 MB`);
  await others.stop('frames of 1 MB');
  await metricIs(gardu, 'connections', 0);
});

// -1 to 1: how far the second list is ordered as the first.
function correlation(a, b) {
  const mean = (list) => list.reduce((x, y) => x + y, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (f) => a.reduce((s, x, i) => s + f(x - ma, b[i] - mb), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

test('a stop tells everybody with 4200, in no order, and all come back', async (t) => {
  const gardu = await start(t, pusher({ drain_s: 2 }));
  const subscribed = () => ({ subscribe: ['everybody'] });
  const before = await connectMany(gardu, kDrained, subscribed);
  const order = [];
  const times = [];
  before.forEach((peer, i) =>
    peer.closed.then(() => {
      order.push(i);
      times.push(performance.now());
    }),
  );
  assert.equal(await gardu.stop(), 0);
  const codes = await Promise.all(before.map((p) => ended(p, 'drained')));
  assert.deepEqual(codes, before.map(() => 4200));
  const places = order.map((_, i) => i);
  const straight = correlation(places, order);
  console.log(`drain: ${codes.length} told within ${(times.at(-1) - times[0]).toFixed(0)} ms, correlation ${straight.toFixed(3)}`);
  assert.ok(Math.abs(straight) < 0.3, `in the order of connecting: ${straight}`);

  await gardu.restart();
  const others = await witnesses(gardu);
  const after = await connectMany(gardu, kDrained, subscribed);
  const told = after.map((peer) => peer.next('e'));
  await publish(gardu, 'everybody', {});
  await Promise.all(told);
  await others.stop(`${kDrained} that come back`);
  await metricIs(gardu, 'connections', kDrained);
  await Promise.all(after.map((peer) => peer.vanish()));
  await metricIs(gardu, 'connections', 0);
});

test('connections that come and go leave no memory behind', async (t) => {
  const gardu = await start(t, pusher({}));
  const others = await witnesses(gardu);
  const comeAndGo = (count) =>
    inTurns(count, 64, async (i) => {
      const peer = await new Peer(gardu, { subscribe: [`private-room-${i % 1000}`, `room-${i}`] }).ready;
      await (i % 2 ? peer.leave() : peer.vanish());
    });
  await comeAndGo(Math.ceil(kComeAndGone / 5));
  await metricIs(gardu, 'connections', others.count);
  const before = resident(gardu);
  await comeAndGo(kComeAndGone);
  await metricIs(gardu, 'connections', others.count);
  assertMemory(gardu, before, 8 * kMiB, `${kComeAndGone} connections, come and gone`);
  const { channels } = await api(gardu, 'GET', '/channels');
  assert.deepEqual(Object.keys(channels), ['witnesses']);
  await others.stop('connections that come and go');
});
