// SPDX-License-Identifier: Apache-2.0
//
// An operator looks at a channel: by the routes, and on the command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import PusherClient from 'pusher-js';
import PusherServer from 'pusher';
import { kApp, start } from './lib/gardu.mjs';
import { within } from './lib/queue.mjs';
import { request } from './lib/rest.mjs';

const kShop = { id: 'shop', key: 'shop-key', secret: 'shop-secret' };

function look(gardu, path, token) {
  const headers = { authorization: `Bearer ${token}` };
  return request(`${gardu.url}/api/v1/pusher/${path}`, { headers });
}

const lines = (text) => text.split('\n').filter((line) => line !== '');

test('a channel of an application, and who was refused on it', async (t) => {
  const gardu = await start(t, {
    config: { plugins: { load: { pusher: { apps: [kApp, kShop] } } } },
  });
  const made = await gardu.cli('token', 'create', '--platform');
  assert.equal(made.code, 0, made.stderr);
  const platform = made.stdout.trim();
  const cli = (...args) =>
    gardu.cli('events', ...args, '--url', gardu.url, { env: { GARDU_TOKEN: platform } });
  const watch = (...args) => cli('--channel', 'private-orders', '--app', 'shop', ...args);

  assert.equal((await watch()).stdout, '');
  const sdk = new PusherServer({
    appId: kShop.id,
    key: kShop.key,
    secret: kShop.secret,
    useTLS: false,
    host: '127.0.0.1',
    port: String(gardu.pusherPort),
  });
  const pusher = new PusherClient(kShop.key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: gardu.pusherPort,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      customHandler: (_, callback) => callback(null, { auth: `${kShop.key}:00` }),
    },
  });
  gardu.onStop(() => pusher.disconnect());
  const channel = pusher.subscribe('private-orders');
  await within(
    new Promise((resolve) => channel.bind('pusher:subscription_error', resolve)),
    'the refusal',
  );
  await sdk.trigger('private-orders', 'paid', { id: 7 });

  const seen = await watch('--json');
  assert.equal(seen.code, 0, seen.stderr);
  const [refused, event] = lines(seen.stdout).map((line) => JSON.parse(line));
  assert.equal(refused.what, 'refused');
  assert.equal(refused.socket_id, pusher.connection.socket_id);
  assert.match(refused.why, /private-orders/);
  assert.equal(event.what, 'event');
  assert.equal(event.event, 'paid');
  assert.deepEqual(JSON.parse(event.data), { id: 7 });
  assert.equal((await watch('--after', String(event.id))).stdout, '');
  assert.match((await watch()).stdout, /refused .*private-orders[^]*event {2}paid/);

  const all = await look(gardu, 'apps/shop/refusals', platform);
  assert.deepEqual(all.body.records, [refused]);
});

test('a workspace looks at its own channels, and nobody at those of others', async (t) => {
  const gardu = await start(t);
  const made = await gardu.cli('token', 'create', '--platform');
  const platform = made.stdout.trim();
  const own = `private-workspace.${await gardu.workspaceId()}`;
  const mine = await look(gardu, `channels/${own}`, gardu.token);
  assert.equal(mine.status, 200);
  assert.equal(mine.body.opened, true);
  assert.equal((await look(gardu, 'channels/private-workspace.other', gardu.token)).status, 403);
  assert.equal((await look(gardu, `channels/${own}`, platform)).status, 403);
  assert.equal((await look(gardu, `apps/gardu/channels/${own}`, platform)).status, 403);
  assert.equal((await look(gardu, `apps/gardu/channels/${own}`, gardu.token)).status, 403);
  assert.equal((await look(gardu, `channels/${own}`, 'none')).status, 401);

  await gardu.account('loopback');
  const told = await gardu.cli('events', '--channel', own, '--json', '--url', gardu.url, {
    env: { GARDU_TOKEN: gardu.token },
  });
  assert.equal(told.code, 0, told.stderr);
  const events = lines(told.stdout).map((line) => JSON.parse(line));
  assert.ok(events.some((e) => e.event === 'account.status'));

  const without = await gardu.cli('events', '--channel', own, '--url', gardu.url, {
    env: { GARDU_TOKEN: '' },
  });
  assert.equal(without.code, 2);
  assert.match(without.stderr, /GARDU_TOKEN/);
  const away = await gardu.cli('events', '--channel', own, '--url', 'http://127.0.0.1:1', {
    env: { GARDU_TOKEN: gardu.token },
  });
  assert.equal(away.code, 1);
});
