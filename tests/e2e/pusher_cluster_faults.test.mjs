// SPDX-License-Identifier: Apache-2.0
//
// Broadcasters that Redis joins, when a node dies or leaves, and when Redis is away, hangs, or
// brings nonsense.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './lib/gardu.mjs';
import { clientOf, serverSdk } from './lib/named_clients.mjs';
import { eventually } from './lib/queue.mjs';
import { request } from './lib/rest.mjs';
import { startRedis } from './lib/redis.mjs';

const met = (node) => node.lines.next((l) => /cluster: node \w+ is there/.test(l), 'the other node');

async function nodes(t, count = 2) {
  const redis = await startRedis(t);
  const config = { cluster: { redis: redis.url } };
  const out = [];
  for (let i = 0; i < count; i++) out.push(await start(t, { config }));
  for (const node of out) {
    await node.lines.next((l) => /cluster: connected to Redis/.test(l), 'the connection');
    for (let i = 1; i < count; i++) await met(node);
  }
  return { redis, nodes: out };
}

// Two on one node watch the same room from two others.
async function watched(list, room = 'presence-room') {
  return Promise.all(
    list.map((node, i) => clientOf(node, { user: `watcher${i}` }).subscribe(room)),
  );
}
const metric = async (node, name) => {
  const { text } = await request(`${node.url}/metrics`);
  return Number(new RegExp(`^gardu_pusher_${name} (\\d+)$`, 'm').exec(text)?.[1]);
};
const removals = (events) =>
  events.all.filter((e) => e.event === 'pusher:member_removed').map((e) => e.data.id);

test('the members of a node that is killed leave once', async (t) => {
  const { nodes: list } = await nodes(t, 3);
  const [a, b, c] = list;
  const rooms = await watched([b, c]);
  await clientOf(a, { user: 'ayu' }).subscribe('presence-room');
  await clientOf(a, { user: 'budi' }).subscribe('presence-room');
  await clientOf(b, { user: 'budi' }).subscribe('presence-room'); // stays
  for (const room of rooms)
    for (const user of ['ayu', 'budi'])
      await room.named('pusher:member_added', (m) => m.id === user);
  await a.kill9();
  for (const room of rooms) await room.named('pusher:member_removed');
  // What is said now comes after all that was said of the dead node.
  await clientOf(c, { user: 'citra' }).subscribe('presence-room');
  for (const room of rooms) {
    await room.named('pusher:member_added', (m) => m.id === 'citra');
    assert.deepEqual(removals(room), ['ayu']);
    assert.ok(room.users().includes('budi'));
  }
  const { channels } = await (await serverSdk(b).get({ path: '/channels' })).json();
  assert.deepEqual(Object.keys(channels), ['presence-room']);
});

test('a node that stops in order takes its members with it at once', async (t) => {
  const { nodes: list } = await nodes(t);
  const [a, b] = list;
  const [room] = await watched([b]);
  await clientOf(a, { user: 'ayu' }).subscribe('presence-room');
  await room.named('pusher:member_added');
  assert.equal(await a.stop(), 0);
  await room.named('pusher:member_removed', (m) => m.id === 'ayu');
  await b.lines.next((l) => /cluster: node \w+ said goodbye/.test(l), 'the goodbye');
  assert.deepEqual(removals(room), ['ayu']);
});

test('without Redis each node goes on alone, and together again with it', async (t) => {
  const { redis, nodes: list } = await nodes(t);
  const [a, b] = list;
  const rooms = await watched([a, b]);
  const lost = list.map((node) =>
    node.lines.next((l) => /cluster: no connection to Redis/.test(l), 'the loss'),
  );
  await redis.kill();
  await Promise.all(lost);
  assert.equal(await metric(a, 'cluster_connected'), 0);

  await serverSdk(a).trigger('presence-room', 'meanwhile', { n: 1 });
  assert.deepEqual(await rooms[0].named('meanwhile'), { n: 1 });
  const late = clientOf(a, { user: 'late' });
  await late.subscribe('presence-room');
  await rooms[0].named('pusher:member_added', (m) => m.id === 'late');

  const back = list.map((node) =>
    node.lines.next((l) => /cluster: connected to Redis/.test(l), 'the connection'),
  );
  await redis.launch();
  await Promise.all(back);
  await rooms[1].named('pusher:member_added', (m) => m.id === 'late');
  assert.equal(await metric(a, 'cluster_connected'), 1);
  assert.equal(await metric(a, 'cluster_nodes'), 2);
  for (const room of rooms) assert.deepEqual(room.users(), ['late', 'watcher0', 'watcher1']);
  await serverSdk(a).trigger('presence-room', 'again', {});
  for (const room of rooms) {
    await room.named('again');
    assert.deepEqual(removals(room), [], 'nobody had left');
    const added = room.all.filter((e) => e.event === 'pusher:member_added');
    assert.equal(new Set(added.map((e) => e.data.id)).size, added.length, 'each came once');
  }
  assert.ok(!rooms[1].all.some((e) => e.event === 'meanwhile'));
  const losses = list.map((n) => n.log().match(/cluster: no connection to Redis/g).length);
  assert.deepEqual(losses, [1, 1], 'said once');
});

test('after much coming and going, Redis too, all know the same', async (t) => {
  const { redis, nodes: list } = await nodes(t);
  const rooms = await watched(list);
  const sdk = serverSdk(list[0]);
  const clients = [];
  for (let i = 0; i < 8; i++)
    for (const node of list) {
      const { pusher } = clientOf(node, { user: `user${i}`, sdk });
      clients.push({ pusher, user: `user${i}`, there: false });
    }
  let seed = Math.floor(Math.random() * 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  const churn = async (times) => {
    for (let i = 0; i < times; i++) {
      const client = clients[random(clients.length)];
      client.there = !client.there;
      if (client.there) client.pusher.subscribe('presence-room');
      else client.pusher.unsubscribe('presence-room');
      if (i % 10 === 0) await sdk.trigger('presence-room', 'tick', {}); // lets all have its turn
    }
  };
  await churn(200);
  await redis.kill();
  await churn(100);
  await redis.launch();
  await churn(200);
  const there = clients.filter((c) => c.there).map((c) => c.user);
  const expected = [...new Set([...there, 'watcher0', 'watcher1'])].sort().join();
  const seen = async () => {
    const out = rooms.map((room) => room.users().join());
    for (const node of list) {
      const path = '/channels/presence-room/users';
      const { users } = await (await serverSdk(node).get({ path })).json();
      out.push(users.map((u) => u.id).sort().join());
    }
    return out;
  };
  await eventually(expected, async () => {
    const lists = await seen();
    return [lists.every((l) => l === expected), JSON.stringify(lists)];
  });
});

test('a Redis that hangs is noticed, and holds nobody up', async (t) => {
  const { redis, nodes: list } = await nodes(t);
  const [a] = list;
  const [room] = await watched([a]);
  redis.hang();
  await serverSdk(a).trigger('presence-room', 'meanwhile', {});
  await room.named('meanwhile');
  await a.lines.next((l) => /cluster: no connection to Redis/.test(l), 'the loss');
  redis.goOn();
  await a.lines.next((l) => /cluster: connected to Redis/.test(l), 'the connection');
  const other = await clientOf(list[1], { user: 'other' }).subscribe('presence-room');
  await eventually('each other', async () => [
    other.users().length === 2 && room.users().length === 2,
    `${other.users()} ${room.users()}`,
  ]);
});

test('what is no message of a node is skipped and counted', async (t) => {
  const { redis, nodes: list } = await nodes(t);
  const [a, b] = list;
  const [room] = await watched([b]);
  for (const noise of ['', 'noise', 'GP\x01node', `GP\x01${'n'.repeat(12)}\x01\x7f`])
    await redis.publish('gardu:nodes', noise);
  await serverSdk(a).trigger('presence-room', 'after', {});
  await room.named('after');
  const dropped = /gardu_pusher_cluster_dropped_total\{what="received"\} 4/;
  await eventually('four dropped', async () => {
    const { text } = await request(`${b.url}/metrics`);
    return [dropped.test(text), text.match(/cluster_.*/g)?.join('\n')];
  });
});

test('a Redis that lets nobody in is told of once', async (t) => {
  const redis = await startRedis(t);
  const url = `redis://:a-wrong-secret@127.0.0.1:${redis.port}/0`;
  const node = await start(t, { config: { cluster: { redis: url } } });
  const told = await node.lines.next((l) => /cluster: no connection to Redis/.test(l), 'the loss');
  assert.match(told, /WRONGPASS/);
  const [room] = await watched([node]);
  assert.deepEqual(room.users(), ['watcher0']);
  await node.stop();
  assert.equal(node.log().match(/cluster: /g).length, 1, node.log());
  assert.ok(!node.log().includes('a-wrong-secret'));
});

test('a node starts without Redis, and joins when it comes', async (t) => {
  const redis = await startRedis(t);
  await redis.kill();
  const config = { cluster: { redis: redis.url } };
  const list = [await start(t, { config }), await start(t, { config })];
  const rooms = await watched(list);
  await redis.launch();
  for (const room of rooms) await room.named('pusher:member_added');
  for (const room of rooms) assert.deepEqual(room.users(), ['watcher0', 'watcher1']);
});
