// SPDX-License-Identifier: Apache-2.0
//
// Webhooks to app owners, checked by the real Pusher server SDK: the seven kinds, the grace, order
// over failures and a kill -9, and receivers that behave badly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import PusherServer from 'pusher';
import { kApp, start } from './lib/gardu.mjs';
import { client, server } from './lib/pusher.mjs';
import { eventually } from './lib/queue.mjs';
import { receiver } from './lib/receiver.mjs';

const kVerifier = new PusherServer({ appId: kApp.id, key: kApp.key, secret: kApp.secret });
const kAyu = { id: '1', info: { name: 'Ayu' } };

async function begin(t, webhooks) {
  const hook = await receiver(t, kVerifier);
  const apps = [
    {
      ...kApp,
      subscription_count: true,
      webhooks: webhooks.map((w) => ({ ...w, url: w.url ?? hook.url + w.path, path: undefined })),
    },
  ];
  const gardu = await start(t, { config: { plugins: { load: { pusher: { apps } } } } });
  return { hook, gardu, sdk: server(gardu) };
}
const fieldsOf = (e) => {
  const { url, ...fields } = e;
  return fields;
};
async function metric(gardu, pattern) {
  const text = await (await fetch(`${gardu.url}/metrics`)).text();
  const line = text.split('\n').find((l) => pattern.test(l));
  return line ? Number(line.split(' ').at(-1)) : undefined;
}

test('the seven kinds, signed, with their fields alone', async (t) => {
  const { hook, gardu, sdk } = await begin(t, [
    { path: '/one', headers: { 'X-Mine': 'yes' } },
    { path: '/many', batch: true },
    { path: '/members', events: ['member_added', 'member_removed'] },
  ]);
  const mine = client(gardu, sdk, { user: kAyu });
  const other = client(gardu, sdk, { user: kAyu });
  const room = await mine.subscribe('presence-room');
  await mine.subscribe('news');
  await mine.subscribe('cache-prices');
  await other.subscribe('cache-prices');
  room.channel.trigger('client-typing', { on: true });
  await other.subscribe('presence-room'); // the same user: nothing is told of it
  const told = async (name, channel) => fieldsOf(await hook.event(name, channel, '/one'));
  assert.deepEqual(await told('channel_occupied', 'presence-room'), {
    name: 'channel_occupied',
    channel: 'presence-room',
  });
  assert.deepEqual(await told('member_added', 'presence-room'), {
    name: 'member_added',
    channel: 'presence-room',
    user_id: '1',
  });
  assert.deepEqual(await told('subscription_count', 'news'), {
    name: 'subscription_count',
    channel: 'news',
    subscription_count: 1,
  });
  assert.deepEqual(await told('cache_miss', 'cache-prices'), {
    name: 'cache_miss',
    channel: 'cache-prices',
  });
  assert.deepEqual(await told('client_event', 'presence-room'), {
    name: 'client_event',
    channel: 'presence-room',
    event: 'client-typing',
    data: '{"on":true}',
    socket_id: mine.socketId(),
    user_id: '1',
  });
  const before = Date.now();
  mine.pusher.disconnect();
  other.pusher.disconnect();
  assert.deepEqual(await told('member_removed', 'presence-room'), {
    name: 'member_removed',
    channel: 'presence-room',
    user_id: '1',
  });
  assert.deepEqual(await told('channel_vacated', 'presence-room'), {
    name: 'channel_vacated',
    channel: 'presence-room',
  });
  assert.ok(Date.now() - before >= 2900, 'told before the grace was over');
  for (const name of ['news', 'cache-prices'])
    for (const url of ['/one', '/many']) await hook.event('channel_vacated', name, url);
  await hook.event('channel_vacated', 'presence-room', '/many');

  hook.allValid();
  const names = hook.told('/one');
  assert.equal(new Set(names.filter((n) => !n.startsWith('subscription'))).size,
    names.filter((n) => !n.startsWith('subscription')).length, 'something was told twice');
  assert.deepEqual(hook.told('/many'), names); // the same order, too
  assert.deepEqual(hook.told('/members'), [
    'member_added presence-room',
    'member_removed presence-room',
  ]);
  for (const r of hook.requests.all) {
    assert.equal(r.method, 'POST');
    assert.equal(r.headers['content-type'], 'application/json');
    assert.equal(r.headers['x-mine'], r.url === '/one' ? 'yes' : undefined);
    if (r.url !== '/many') assert.equal(r.events.length, 1);
    assert.ok(Math.abs(r.time - Date.now()) < 600_000);
  }
  const deliveries = hook.requests.all.map((r) => r.url + r.delivery);
  assert.equal(new Set(deliveries).size, deliveries.length);
});

test('who comes back within the grace was never away', async (t) => {
  const { hook, gardu, sdk } = await begin(t, [{ path: '/one' }]);
  const mine = client(gardu, sdk, { user: kAyu });
  await mine.subscribe('presence-room');
  await hook.event('member_added', 'presence-room');
  for (let i = 0; i < 5; ++i) {
    mine.pusher.unsubscribe('presence-room');
    await mine.quiet();
    await mine.subscribe('presence-room');
  }
  mine.pusher.unsubscribe('presence-room');
  await hook.event('channel_vacated', 'presence-room');
  const told = hook.told('/one').filter((n) => n.endsWith('presence-room'));
  assert.deepEqual(told, [
    'channel_occupied presence-room',
    'member_added presence-room',
    'member_removed presence-room',
    'channel_vacated presence-room',
  ]);
  hook.allValid();
});

test('a receiver fails, the gateway is killed, the receiver recovers: nothing is lost', async (t) => {
  const { hook, gardu, sdk } = await begin(t, [
    { path: '/fails', events: ['channel_occupied', 'channel_vacated'] },
    { path: '/fine', events: ['channel_occupied', 'channel_vacated'] },
  ]);
  hook.answer = (r) => (r.url === '/fails' ? 500 : 200);
  const mine = client(gardu, sdk);
  const names = Array.from({ length: 10 }, (_, i) => `room-${i}`);
  for (const name of names) await mine.subscribe(name);
  // The other endpoint does not wait for it.
  for (const name of names) await hook.event('channel_occupied', name, '/fine');
  const first = await hook.requests.next((r) => r.url === '/fails');
  const again = await hook.requests.next((r) => r.url === '/fails');
  assert.equal(again.delivery, first.delivery);
  assert.equal(again.rawBody, first.rawBody);
  assert.equal(await metric(gardu, /webhook_queue\{.*endpoint="0"/), 10);
  await gardu.kill9();
  mine.pusher.disconnect(); // it stays away: what comes now is of before
  hook.answer = () => 200;
  await gardu.restart();
  for (const name of names) await hook.event('channel_occupied', name, '/fails');
  assert.deepEqual(
    hook.told('/fails'),
    names.map((name) => `channel_occupied ${name}`),
  );
  const resent = hook.requests.all.filter((r) => r.url === '/fails').at(-names.length);
  assert.equal(resent.delivery, first.delivery);
  assert.equal(resent.rawBody, first.rawBody);
  await eventually('what was taken is forgotten', async () => {
    const waiting = await metric(gardu, /webhook_queue\{.*endpoint="0"/);
    return [waiting === 0, waiting];
  });
  // Once more: nothing comes again that was taken long ago.
  const other = client(gardu, sdk);
  await other.subscribe('sentinel');
  await hook.event('channel_occupied', 'sentinel', '/fails');
  await hook.event('channel_occupied', 'sentinel', '/fine');
  assert.deepEqual(hook.told('/fails').slice(names.length), ['channel_occupied sentinel']);
  assert.deepEqual(hook.told('/fine').slice(names.length), ['channel_occupied sentinel']);
  hook.allValid();
});

test('a restart within the grace hides that everybody was away', async (t) => {
  const { hook, gardu, sdk } = await begin(t, [{ path: '/one' }]);
  const mine = client(gardu, sdk, { user: kAyu });
  await mine.subscribe('presence-room');
  await hook.event('member_added', 'presence-room');
  await gardu.stop();
  mine.pusher.disconnect();
  await gardu.restart();
  const back = client(gardu, sdk, { user: kAyu });
  await back.subscribe('presence-room');
  await back.subscribe('sentinel');
  await hook.event('channel_occupied', 'sentinel');
  back.pusher.unsubscribe('sentinel');
  await hook.event('channel_vacated', 'sentinel'); // a grace later
  assert.deepEqual(hook.told('/one').filter((n) => n.endsWith('presence-room')), [
    'channel_occupied presence-room',
    'member_added presence-room',
  ]);
});

test('receivers that behave badly are tried again and hold up nobody', async (t) => {
  const { hook, gardu, sdk } = await begin(t, [
    { path: '/silent' },
    { path: '/huge' },
    { path: '/elsewhere' },
    { path: '/garbage' },
    { path: '/half' },
    { path: '/fine' },
    { url: 'http://127.0.0.1:1/nobody-listens' },
  ]);
  hook.answer = (r, response, socket) => {
    if (r.url === '/silent') return undefined;
    if (r.url === '/huge') response.end(Buffer.alloc(4 << 20, 120));
    else if (r.url === '/elsewhere') response.writeHead(302, { location: '/trap' }).end();
    else if (r.url === '/garbage') socket.end('HTTP/9.9 2OO \0\xff\r\n\r\n\r\n');
    else if (r.url === '/half') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx');
    else return 200;
    return undefined;
  };
  const mine = client(gardu, sdk);
  const names = Array.from({ length: 20 }, (_, i) => `room-${i}`);
  for (const name of names) await mine.subscribe(name);
  for (const name of names) await hook.event('channel_occupied', name, '/fine');
  for (const url of ['/huge', '/elsewhere', '/garbage', '/half']) {
    const one = await hook.requests.next((r) => r.url === url, url);
    const two = await hook.requests.next((r) => r.url === url, url);
    assert.equal(two.delivery, one.delivery, url);
  }
  assert.equal(hook.requests.all.filter((r) => r.url === '/silent').length, 1);
  assert.ok(!hook.requests.all.some((r) => r.url === '/trap'), 'a redirect was followed');
  assert.deepEqual(
    hook.told('/fine').filter((n) => n.startsWith('channel_occupied')),
    names.map((name) => `channel_occupied ${name}`),
  );
  assert.ok(!gardu.log().includes(kApp.secret));
  hook.allValid();
});
