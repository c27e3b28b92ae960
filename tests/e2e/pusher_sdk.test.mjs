// SPDX-License-Identifier: Apache-2.0
//
// The real Pusher server SDK and real pusher-js clients, as an application that moves here has them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import PusherClient from 'pusher-js';
import { kApp, start } from './lib/gardu.mjs';
import { json, server } from './lib/pusher.mjs';
import { Queue, within } from './lib/queue.mjs';

function client(gardu, sdk) {
  const pusher = new PusherClient(kApp.key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: gardu.pusherPort,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => {
        callback(null, sdk.authorizeChannel(socketId, channelName));
      },
    },
  });
  gardu.onStop(() => pusher.disconnect());
  const subscribe = async (name) => {
    const events = new Queue(name);
    const channel = pusher.subscribe(name);
    const done = new Promise((resolve, reject) => {
      channel.bind('pusher:subscription_succeeded', resolve);
      channel.bind('pusher:subscription_error', (e) =>
        reject(new Error(`${name}: ${JSON.stringify(e)}`)),
      );
    });
    channel.bind_global(
      (event, data) => !event.startsWith('pusher:') && events.push({ event, data }),
    );
    await within(done, `subscription to ${name}`);
    return Object.assign(events, { channel });
  };
  return { pusher, subscribe };
}

test('events, exclusion, batches and channel information', async (t) => {
  const gardu = await start(t);
  const sdk = server(gardu);
  const one = client(gardu, sdk);
  const two = client(gardu, sdk);
  const open1 = await one.subscribe('news');
  const open2 = await two.subscribe('news');
  const room1 = await one.subscribe('private-room');
  const room2 = await two.subscribe('private-room');

  const payload = { title: 'Pagi 😮', nested: { list: [1, null, 'x'] } };
  const answer = await sdk.trigger('news', 'posted', payload);
  assert.equal(answer.status, 200);
  assert.deepEqual(await json(answer), {});
  for (const events of [open1, open2])
    assert.deepEqual(await events.next(), { event: 'posted', data: payload });

  await sdk.trigger(['news', 'private-room'], 'both', 'text', {
    socket_id: one.pusher.connection.socket_id,
  });
  await sdk.trigger(['news', 'private-room'], 'end', {});
  for (const events of [open1, room1]) {
    await events.next((e) => e.event === 'end');
    assert.ok(!events.all.some((e) => e.event === 'both'), 'the excluded socket heard it');
  }
  for (const events of [open2, room2])
    assert.equal((await events.next((e) => e.event === 'both')).data, 'text');

  const batch = await sdk.triggerBatch([
    { channel: 'news', name: 'b1', data: { n: 1 } },
    { channel: 'private-room', name: 'b2', data: { n: 2 } },
  ]);
  assert.deepEqual(await json(batch), {});
  assert.deepEqual((await open1.next((e) => e.event === 'b1')).data, { n: 1 });
  assert.deepEqual((await room2.next((e) => e.event === 'b2')).data, { n: 2 });

  const { channels } = await json(await sdk.get({ path: '/channels' }));
  assert.deepEqual(channels, { news: {}, 'private-room': {} });
  const params = { filter_by_prefix: 'private-' };
  const some = await json(await sdk.get({ path: '/channels', params }));
  assert.deepEqual(Object.keys(some.channels), ['private-room']);
  const news = await json(await sdk.get({ path: '/channels/news' }));
  assert.equal(news.occupied, true);
  assert.equal((await json(await sdk.get({ path: '/channels/nobody' }))).occupied, false);
});

test('a whisper reaches the other members of a private channel, not its sender', async (t) => {
  const gardu = await start(t);
  const sdk = server(gardu);
  const one = client(gardu, sdk);
  const two = client(gardu, sdk);
  const room1 = await one.subscribe('private-room');
  const room2 = await two.subscribe('private-room');
  assert.ok(room1.channel.trigger('client-typing', { who: 'one' }));
  assert.deepEqual(await room2.next(), { event: 'client-typing', data: { who: 'one' } });
  assert.ok(room2.channel.trigger('client-typing', { who: 'two' }));
  assert.deepEqual(await room1.next(), { event: 'client-typing', data: { who: 'two' } });
  assert.equal(room1.all.length, 1);
  assert.equal(room2.all.length, 1);
});

test('a wrong secret opens neither the HTTP API nor a private channel', async (t) => {
  const gardu = await start(t);
  const wrong = server(gardu, { secret: 'a wrong secret' });
  await assert.rejects(wrong.trigger('news', 'posted', {}), (e) => e.status === 401);
  await assert.rejects(wrong.get({ path: '/channels' }), (e) => e.status === 401);
  const forger = client(gardu, wrong);
  const channel = forger.pusher.subscribe('private-room');
  const refused = new Promise((resolve, reject) => {
    channel.bind('pusher:subscription_error', resolve);
    forger.pusher.connection.bind('error', resolve);
    channel.bind('pusher:subscription_succeeded', () => reject(new Error('subscribed')));
  });
  await within(refused, 'the refusal');
});
