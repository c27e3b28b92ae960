// SPDX-License-Identifier: Apache-2.0
//
// Stock laravel-echo as a Laravel front end uses it: its calls and its names of events, over an app
// of the broadcaster. The test signs, as Laravel does, by the server SDK.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Echo from 'laravel-echo';
import { start } from './lib/gardu.mjs';
import { expectStrictFrames, json, PusherClient, server } from './lib/pusher.mjs';
import { Queue, within } from './lib/queue.mjs';

async function begin(t) {
  expectStrictFrames(t);
  const gardu = await start(t);
  return { gardu, sdk: server(gardu) };
}

function connect(gardu, sdk, { user = { id: 7, info: { name: 'Dewi' } }, ...options } = {}) {
  const echo = new Echo({
    broadcaster: 'reverb',
    Pusher: PusherClient,
    key: gardu.app.key,
    wsHost: '127.0.0.1',
    wsPort: gardu.pusherPort,
    forceTLS: false,
    enabledTransports: ['ws'],
    withoutInterceptors: true,
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) => {
        const data = channelName.startsWith('presence-')
          ? { user_id: user.id, user_info: user.info }
          : undefined;
        callback(null, sdk.authorizeChannel(socketId, channelName, data));
      },
    },
    ...options,
  });
  gardu.onStop(() => echo.disconnect());
  return echo;
}

const subscribed = (channel) =>
  within(
    new Promise((resolve, reject) => {
      channel.subscribed(() => resolve(channel));
      channel.error((e) => reject(new Error(`${channel.name}: ${JSON.stringify(e)}`)));
    }),
    `subscription to ${channel.name}`,
  );

// The calls of a callback, in their order.
function calls() {
  const queue = new Queue('calls');
  return Object.assign((...args) => queue.push(args), { next: () => queue.next(), all: queue.all });
}

test('channel, private, encryptedPrivate and join; leave and leaveChannel', async (t) => {
  const { gardu, sdk } = await begin(t);
  const echo = connect(gardu, sdk);
  const forms = {
    orders: echo.channel('orders'),
    'private-orders': echo.private('orders'),
    'private-encrypted-orders': echo.encryptedPrivate('orders'),
    'presence-orders': echo.join('orders'),
    'private-other': echo.private('other'),
  };
  await Promise.all(Object.values(forms).map(subscribed));
  for (const [name, channel] of Object.entries(forms)) {
    const heard = calls();
    channel.listen('.shipped', heard);
    await sdk.trigger(name, 'shipped', { id: 1 });
    assert.deepEqual((await heard.next())[0], { id: 1 }, name);
  }
  const occupied = async () =>
    Object.keys((await json(await sdk.get({ path: '/channels' }))).channels).sort();
  assert.deepEqual(await occupied(), Object.keys(forms).sort());
  echo.leaveChannel('private-other');
  echo.leave('orders');
  await subscribed(echo.channel('end')); // the server has read what was said before
  assert.deepEqual(await occupied(), ['end']);
});

test('names of events: namespaces, leading dots, backslashes', async (t) => {
  const { gardu, sdk } = await begin(t);
  const cases = [
    [{}, 'NewChatEvent', 'App\\Events\\NewChatEvent'],
    [{}, 'Users.Created', 'App\\Events\\Users\\Created'],
    [{}, '.message.received', 'message.received'],
    [{}, '\\message.received', 'message.received'],
    [{ namespace: false }, 'A.B', 'A\\B'],
    [{ namespace: 'App.Domain' }, 'NewChatEvent', 'App\\Domain\\NewChatEvent'],
  ];
  for (const [options, listened, published] of cases) {
    const echo = connect(gardu, sdk, options);
    const channel = echo.channel('news');
    const heard = calls();
    const never = calls();
    channel.listen(listened, heard).listen('.something.else', never);
    await subscribed(channel);
    await sdk.trigger('news', published, { n: 1 });
    assert.deepEqual((await heard.next())[0], { n: 1 }, listened);
    assert.equal(never.all.length, 0);
    channel.stopListening(listened);
    echo.disconnect();
  }
});

test('listenToAll strips the namespace and leaves the protocol out', async (t) => {
  const { gardu, sdk } = await begin(t);
  const channel = connect(gardu, sdk).join('news');
  const heard = calls();
  channel.listenToAll(heard);
  await subscribed(channel);
  await sdk.trigger('presence-news', 'App\\Events\\Posted', { n: 1 });
  await sdk.trigger('presence-news', 'message.received', { n: 2 });
  assert.deepEqual(await heard.next(), ['Posted', { n: 1 }]);
  assert.deepEqual(await heard.next(), ['.message.received', { n: 2 }]);
  assert.equal(heard.all.length, 2);
});

test('notifications reach the channel of their model', async (t) => {
  const { gardu, sdk } = await begin(t);
  const channel = connect(gardu, sdk).private('App.Models.User.7');
  const heard = calls();
  channel.notification(heard);
  await subscribed(channel);
  const event = 'Illuminate\\Notifications\\Events\\BroadcastNotificationCreated';
  const notification = { id: 'uuid', type: 'App\\Notifications\\Paid', amount: 5 };
  await sdk.trigger('private-App.Models.User.7', event, notification);
  assert.deepEqual((await heard.next())[0], notification);
});

test('here, joining, leaving, and whispers among those who are here', async (t) => {
  const { gardu, sdk } = await begin(t);
  const dewi = connect(gardu, sdk);
  const room = dewi.join('room');
  const here = calls();
  const joining = calls();
  const leaving = calls();
  const typing = calls();
  room.here(here).joining(joining).leaving(leaving).listenForWhisper('typing', typing);
  assert.deepEqual(await here.next(), [[{ name: 'Dewi' }]]);
  const eko = connect(gardu, sdk, { user: { id: 8, info: { name: 'Eko' } } });
  const his = eko.join('room');
  const hisHere = calls();
  const hisTyping = calls();
  his.here(hisHere).listenForWhisper('typing', hisTyping);
  assert.deepEqual((await hisHere.next())[0].map((u) => u.name).sort(), ['Dewi', 'Eko']);
  assert.deepEqual((await joining.next())[0], { name: 'Eko' });
  his.whisper('typing', { text: 'h' });
  assert.deepEqual((await typing.next())[0], { text: 'h' });
  eko.leave('room');
  assert.deepEqual((await leaving.next())[0], { name: 'Eko' });
  assert.equal(hisTyping.all.length, 0);

  const secret = dewi.private('chat');
  const same = connect(gardu, sdk).private('chat');
  const heard = calls();
  same.listenForWhisper('typing', heard);
  await Promise.all([subscribed(secret), subscribed(same)]);
  secret.whisper('typing', { on: true });
  assert.deepEqual((await heard.next())[0], { on: true });
});

test('toOthers: the socket that Echo names is left out', async (t) => {
  const { gardu, sdk } = await begin(t);
  const one = connect(gardu, sdk);
  const two = connect(gardu, sdk);
  const heard = [one, two].map(() => calls());
  const channels = [one, two].map((echo, i) => echo.channel('news').listen('.posted', heard[i]));
  await Promise.all(channels.map(subscribed));
  await sdk.trigger('news', 'posted', { to: 'others' }, { socket_id: one.socketId() });
  await sdk.trigger('news', 'posted', { to: 'all' });
  assert.deepEqual((await heard[0].next())[0], { to: 'all' });
  assert.deepEqual((await heard[1].next())[0], { to: 'others' });
});

test('the status of the connection as Echo tells it', async (t) => {
  const { gardu, sdk } = await begin(t);
  const echo = connect(gardu, sdk);
  const changes = new Queue('status');
  echo.connector.onConnectionChange((status) => changes.push(status));
  await changes.next((s) => s === 'connected');
  assert.equal(echo.connectionStatus(), 'connected');
  assert.match(echo.socketId(), /^\d+\.\d+$/);
  echo.disconnect();
  await changes.next((s) => s === 'disconnected');
  assert.equal(echo.connectionStatus(), 'disconnected');
  echo.connect();
  await changes.next((s) => s === 'connected');

  const stranger = connect(gardu, sdk, { key: 'no-such-key' });
  const refused = new Queue('errors');
  stranger.connector.pusher.connection.bind('error', (e) => refused.push(e));
  assert.equal((await refused.next()).error.data.code, 4001);
});

test('a private channel that is refused is told to error()', async (t) => {
  const { gardu } = await begin(t);
  const forged = connect(gardu, server(gardu, { secret: 'a wrong secret' })).private('orders');
  const refused = calls();
  forged.error(refused);
  assert.equal((await refused.next())[0].status, 401);
});
