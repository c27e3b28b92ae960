// SPDX-License-Identifier: Apache-2.0
//
// Two broadcasters that Redis joins are one to their clients and to the server SDK.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { clientOf, serverSdk } from './lib/named_clients.mjs';
import { Queue, eventually, within } from './lib/queue.mjs';
import { startRedis } from './lib/redis.mjs';

const met = (node) => node.lines.next((l) => /cluster: node \w+ is there/.test(l), 'the other node');
const json = (response) => response.json();

// The first is told by its plugin's settings, the second by the host's.
async function two(t) {
  const redis = await startRedis(t);
  const a = await start(t, { config: { plugins: { load: { pusher: { redis: redis.url } } } } });
  const b = await start(t, { config: { cluster: { redis: redis.url } } });
  await Promise.all([met(a), met(b)]);
  return { redis, a, b };
}

test('an event reaches the clients of both, but the socket that is left out', async (t) => {
  const { redis, a, b } = await two(t);
  const sdk = serverSdk(a);
  const [atA, atB, leftOut] = [clientOf(a), clientOf(b), clientOf(b)];
  const heard = await Promise.all([atA, atB, leftOut].map((c) => c.subscribe('news')));
  const payload = { text: 'Pagi 😮 "\\\u0001', large: 'x'.repeat(9000) };
  await sdk.trigger('news', 'all', payload);
  for (const events of heard) assert.deepEqual(await events.named('all'), payload);

  await sdk.trigger('news', 'others', 1, { socket_id: leftOut.pusher.connection.socket_id });
  await sdk.trigger('news', 'end', 2);
  for (const events of heard) await events.named('end');
  assert.deepEqual(
    heard.map((events) => events.all.map((e) => e.event)),
    [
      ['all', 'others', 'end'],
      ['all', 'others', 'end'],
      ['all', 'end'],
    ],
  );
  for (let i = 0; i < 300; i++) await sdk.trigger('news', 'one of many', i);
  for (const events of heard)
    for (let i = 0; i < 300; i++) assert.equal(await events.named('one of many'), i);
  for (const node of [a, b]) assert.ok(!node.log().includes(redis.password), 'in the log');
});

test('whispers cross over with who sent them', async (t) => {
  const { a, b } = await two(t);
  const [ayu, budi] = [clientOf(a, { user: 'ayu' }), clientOf(b, { user: 'budi' })];
  const room1 = await ayu.subscribe('presence-room');
  const room2 = await budi.subscribe('presence-room');
  const senders = [];
  for (const { channel } of [room1, room2])
    channel.bind('client-typing', (_, { user_id: from }) => senders.push(from));
  await room1.named('pusher:member_added');
  assert.ok(room1.channel.trigger('client-typing', { at: 1 }));
  assert.deepEqual(await room2.named('client-typing'), { at: 1 });
  room2.channel.trigger('client-typing', { at: 2 });
  assert.deepEqual(await room1.named('client-typing'), { at: 2 });
  assert.deepEqual(senders, ['ayu', 'budi']);
});

test('a user is there once, by whatever nodes, until the last connection goes', async (t) => {
  const { a, b } = await two(t);
  const watcher = clientOf(b, { user: 'watcher' });
  const room = await watcher.subscribe('presence-room');
  const first = clientOf(a, { user: 'ayu' });
  const list = await first.subscribe('presence-room');
  assert.deepEqual(list.users(), ['ayu', 'watcher'], 'the list of the other node');
  assert.deepEqual(list.channel.members.get('watcher').info, { name: 'name of watcher' });
  const added = await room.named('pusher:member_added');
  assert.deepEqual(added, { id: 'ayu', info: { name: 'name of ayu' } });

  const second = clientOf(b, { user: 'ayu' });
  await second.subscribe('presence-room');
  first.pusher.disconnect();
  const third = clientOf(a, { user: 'budi' });
  await third.subscribe('presence-room');
  await room.named('pusher:member_added', (m) => m.id === 'budi');
  const users = async (node) => {
    const { users } = await json(await serverSdk(node).get({ path: '/channels/presence-room/users' }));
    return users.map((u) => u.id).sort().join();
  };
  for (const node of [a, b])
    await eventually('the users', async () => [
      (await users(node)) === 'ayu,budi,watcher',
      await users(node),
    ]);
  second.pusher.disconnect();
  await room.named('pusher:member_removed', (m) => m.id === 'ayu');
  third.pusher.disconnect();
  await room.named('pusher:member_removed', (m) => m.id === 'budi');
  assert.deepEqual(
    room.all.map((e) => `${e.event.slice(14)} ${e.data.id}`),
    ['added ayu', 'added budi', 'removed ayu', 'removed budi'],
  );
});

test('counts are of both', async (t) => {
  const { a, b } = await two(t);
  const [one, two_, three] = [clientOf(a), clientOf(b), clientOf(b)];
  for (const client of [one, two_, three]) await client.subscribe('news');
  const params = { info: 'subscription_count' };
  const count = async (node) => json(await serverSdk(node).get({ path: '/channels/news', params }));
  const counted = (n) =>
    eventually(`a count of ${n}`, async () => {
      const seen = [await count(a), await count(b)];
      return [seen.every((c) => (c.subscription_count ?? 0) === n), JSON.stringify(seen)];
    });
  await counted(3);
  two_.pusher.unsubscribe('news');
  await counted(2);
  three.pusher.disconnect();
  await counted(1);
  assert.deepEqual(await json(await serverSdk(b).get({ path: '/channels' })), {
    channels: { news: {} },
  });
  one.pusher.disconnect();
  await counted(0);
  assert.equal((await count(b)).occupied, false);
});

test('a user is cut off wherever it is connected', async (t) => {
  const { a, b } = await two(t);
  const clients = [clientOf(a, { user: 'ayu' }), clientOf(b, { user: 'ayu' })];
  const other = clientOf(b, { user: 'budi' });
  const events = await other.subscribe('news');
  for (const client of [...clients, other]) await client.signIn();
  const closed = clients.map(
    ({ pusher }) =>
      new Promise((resolve) => pusher.connection.bind('error', (e) => resolve(e?.data?.code))),
  );
  await serverSdk(a).terminateUserConnections('ayu');
  for (const code of closed) assert.equal(await within(code, 'the close'), 4009);
  await serverSdk(b).sendToUser('budi', 'still', { there: true });
  await serverSdk(a).trigger('news', 'end', {});
  await events.named('end');
  assert.equal(other.pusher.connection.state, 'connected');
});

test('who is watched is online by whatever node', async (t) => {
  const { a, b } = await two(t);
  const watcher = clientOf(b, { user: 'watcher', watchlist: ['ayu'] });
  const told = new Queue('the watchlist');
  for (const what of ['online', 'offline'])
    watcher.pusher.user.watchlist.bind(what, ({ user_ids: ids }) => told.push(`${what} ${ids}`));
  await watcher.signIn();
  const [first, second] = [clientOf(a, { user: 'ayu' }), clientOf(b, { user: 'ayu' })];
  await first.signIn();
  assert.equal(await told.next(), 'online ayu');
  await second.signIn();
  first.pusher.disconnect();
  second.pusher.disconnect();
  assert.equal(await told.next(), 'offline ayu');
  assert.equal(told.all.length, 2);
});

test('a node that comes later has what was kept, and learns who is there', async (t) => {
  const redis = await startRedis(t);
  const config = { cluster: { redis: redis.url } };
  const a = await start(t, { config });
  await clientOf(a, { user: 'ayu' }).subscribe('presence-room');
  await serverSdk(a).trigger('cache-rates', 'rate', { usd: 16000 });
  const b = await start(t, { config });
  await met(b);
  await eventually('the presence of the first', async () => {
    const client = clientOf(b, { user: 'budi' });
    const users = (await client.subscribe('presence-room')).users();
    client.pusher.disconnect();
    return [users.join() === 'ayu,budi', users.join()];
  });
  assert.deepEqual(await (await clientOf(b).subscribe('cache-rates')).named('rate'), { usd: 16000 });
  await serverSdk(b).trigger('cache-rates', 'rate', { usd: 17000 });
  const late = async () => (await clientOf(a).subscribe('cache-rates')).named('rate');
  await eventually('the newest', async () => {
    const rate = await late();
    return [rate.usd === 17000, JSON.stringify(rate)];
  });
});
