// SPDX-License-Identifier: Apache-2.0
//
// What concerns all nodes is told to the app's owner once, also when the node on which it happened
// is dead.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { kApp, start } from './lib/gardu.mjs';
import { clientOf } from './lib/named_clients.mjs';
import { Queue } from './lib/queue.mjs';
import { startRedis } from './lib/redis.mjs';

// The owner's server; each event as one line.
function owner(t) {
  const told = new Queue('webhooks');
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      for (const e of JSON.parse(Buffer.concat(parts)).events)
        told.push([e.name, e.channel, e.user_id].filter(Boolean).join(' '));
      response.end();
    });
  });
  t.after(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({ told, url: `http://127.0.0.1:${server.address().port}/hooks` }),
    );
  });
}

// That many nodes that know each other, and what they tell.
async function cluster(t, count) {
  const redis = await startRedis(t);
  const { told, url } = await owner(t);
  const events = ['channel_occupied', 'channel_vacated', 'member_added', 'member_removed'];
  const apps = [{ ...kApp, webhooks: [{ url, events }] }];
  const config = { cluster: { redis: redis.url }, plugins: { load: { pusher: { apps } } } };
  const nodes = [];
  for (let i = 0; i < count; i++) nodes.push(await start(t, { config }));
  const is = /cluster: node \w+ is there/;
  for (const node of nodes)
    for (let i = 1; i < count; i++) await node.lines.next((l) => is.test(l));
  return { told, nodes };
}

test('each webhook is told once, whichever nodes live', async (t) => {
  const { told, nodes } = await cluster(t, 3);
  const [a, b, c] = nodes;

  const watcher = await clientOf(c, { user: 'watcher' }).subscribe('presence-room');
  const next = (line) => told.next((l) => l === line, line);
  await next('member_added presence-room watcher');
  await clientOf(a, { user: 'ayu' }).subscribe('presence-room');
  await clientOf(a).subscribe('news');
  await next('channel_occupied news');
  await watcher.named('pusher:member_added');
  const budi = clientOf(b, { user: 'budi' });
  await budi.subscribe('presence-room');
  await next('member_added presence-room budi');
  await a.kill9();
  await next('member_removed presence-room ayu');
  await next('channel_vacated news');
  budi.pusher.disconnect();
  await next('member_removed presence-room budi');
  assert.deepEqual([...told.all].sort(), [
    'channel_occupied news',
    'channel_occupied presence-room',
    'channel_vacated news',
    'member_added presence-room ayu',
    'member_added presence-room budi',
    'member_added presence-room watcher',
    'member_removed presence-room ayu',
    'member_removed presence-room budi',
  ]);
});

test('who comes back on another node within the grace has not been away', async (t) => {
  const { told, nodes } = await cluster(t, 2);
  const [a, b] = nodes;
  const next = (line) => told.next((l) => l === line, line);
  const away = clientOf(a, { user: 'ayu' });
  await away.subscribe('presence-room');
  await next('member_added presence-room ayu');
  const other = clientOf(a);
  await other.subscribe('later');
  away.pusher.disconnect();
  await clientOf(b, { user: 'ayu' }).subscribe('presence-room');
  other.pusher.disconnect();
  await next('channel_vacated later'); // after all that a node held back before
  assert.ok(!told.all.includes('member_removed presence-room ayu'), told.all.join());
  assert.ok(!told.all.includes('channel_vacated presence-room'), told.all.join());
});
